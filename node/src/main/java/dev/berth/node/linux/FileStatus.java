package dev.berth.node.linux;

import java.time.Instant;
import java.util.Optional;

/**
 * What statx tells about a file.
 *
 * @param device the device of the file system that holds the file
 * @param permissions the lower twelve bits of the mode
 * @param represents the device that a device file stands for; 0:0 for other files
 * @param birth when the inode was made, where the file system records it; together with device and
 *     inode it tells a file from a later one that got the same inode
 * @param mountId the mount that the file was reached through, as in mountinfo
 * @param mountRoot whether the file is the root of that mount
 * @param immutable whether the immutable flag is set (chattr +i)
 */
public record FileStatus(
    DeviceNumber device,
    long inode,
    FileType type,
    int permissions,
    int uid,
    int gid,
    long sizeBytes,
    long links,
    DeviceNumber represents,
    Optional<Instant> birth,
    long mountId,
    boolean mountRoot,
    boolean immutable) {}
