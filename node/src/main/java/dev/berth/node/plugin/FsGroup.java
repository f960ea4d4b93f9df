package dev.berth.node.plugin;

/**
 * The group that a pod's processes share and that owns the files of its volumes.
 *
 * @param onRootMismatch leave the files alone when the volume's root already has the group and its
 *     rights
 */
public record FsGroup(long gid, boolean onRootMismatch) {}
