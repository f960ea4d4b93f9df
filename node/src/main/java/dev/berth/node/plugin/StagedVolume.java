package dev.berth.node.plugin;

/**
 * Names a volume that was prepared for the node.
 *
 * @param uid of the PersistentVolume
 */
public record StagedVolume(VolumeId id, String uid) {}
