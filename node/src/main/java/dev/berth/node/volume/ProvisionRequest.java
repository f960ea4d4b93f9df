package dev.berth.node.volume;

import dev.berth.node.plugin.VolumeId;

/**
 * A volume whose storage this node has to make, or to remove; see {@link
 * dev.berth.core.provision.ProvisionProtocol}.
 *
 * @param uid of the PersistentVolume
 */
public record ProvisionRequest(VolumeId id, String uid, boolean removal) {}
