package dev.berth.node.volume;

import dev.berth.node.plugin.VolumeId;

/**
 * A released volume whose data this node has to destroy.
 *
 * @param uid of the PersistentVolume
 * @param generation see {@link dev.berth.core.binding.WipeProtocol}
 */
public record WipeRequest(VolumeId id, String uid, long generation) {}
