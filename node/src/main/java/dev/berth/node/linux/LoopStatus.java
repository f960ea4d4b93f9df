package dev.berth.node.linux;

/**
 * What a loop device is bound to.
 *
 * @param backingDevice the device of the file system that holds the file
 * @param backingInode the file's inode there: with backingDevice the file's identity, which the
 *     name (cut at 63 bytes, and stale after a rename) is not
 */
public record LoopStatus(
    DeviceNumber backingDevice,
    long backingInode,
    long offsetBytes,
    long sizeLimitBytes,
    boolean readOnly,
    boolean directIo,
    boolean autoClear,
    String name) {}
