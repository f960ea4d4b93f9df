package dev.berth.core.node;

import java.util.List;

/**
 * A block device of a node as it was found at one moment.
 *
 * @param device for example /dev/sda1
 * @param path the name that survives reboots, for {@code spec.local.path}: a link in
 *     /dev/disk/by-id where there is one, else the device
 * @param serial of the hardware, or its world wide name, or the file behind a loop device; empty
 *     where it has none of them
 * @param content what is on it: a type of file system with its UUID, a partition table, no
 *     signature, or why that cannot be told
 * @param usedBy volumes, mounts, swap and devices built on it
 * @param usable whether a new volume could use it
 * @param reason what would happen to it, or why it cannot be used and what would help
 * @param health what is wrong with it; empty when nothing shows
 * @param cordon why its volume is not offered to new claims; empty when it is, or has none
 */
public record DiskReport(
    String device,
    String path,
    long sizeBytes,
    boolean readOnly,
    String serial,
    String content,
    List<String> usedBy,
    boolean usable,
    String reason,
    String health,
    String cordon) {
  public DiskReport {
    usedBy = List.copyOf(usedBy);
  }
}
