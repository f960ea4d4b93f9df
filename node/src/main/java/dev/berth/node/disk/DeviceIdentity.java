package dev.berth.node.disk;

import dev.berth.node.linux.DeviceNumber;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What makes a device this device and no other. Names and numbers are given anew at every boot;
 * serial number and WWN belong to the hardware, the backing file's inode to a loop device.
 *
 * @param number the kernel's number in this boot
 * @param bootId the boot in which number and sequence mean something
 * @param sequence the kernel's count of disks that ever appeared in this boot (diskseq), the same
 *     for a disk and its partitions; absent before Linux 5.15
 * @param partition the partition's number on its disk and its first byte; absent for a whole disk
 * @param wwn the disk's world wide name, NVMe namespace id or the like
 * @param serial the disk's serial number
 * @param loop the file behind a loop device
 */
public record DeviceIdentity(
    DeviceNumber number,
    String bootId,
    OptionalLong sequence,
    long sizeBytes,
    Optional<Partition> partition,
    Optional<String> wwn,
    Optional<String> serial,
    Optional<LoopBacking> loop) {

  /** Where a partition lies on its disk. */
  public record Partition(int number, long startBytes) {}

  /**
   * The file behind a loop device.
   *
   * @param birth tells the file from a later one on the same inode, where the file system records
   *     it
   */
  public record LoopBacking(
      DeviceNumber device, long inode, Optional<Instant> birth, String path, long offsetBytes) {

    /** File systems are numbered anew at every boot: then inode and birth have to do. */
    boolean sameFile(LoopBacking other, boolean sameBoot) {
      return (device.equals(other.device) || (!sameBoot && birth.isPresent()))
          && inode == other.inode
          && birth.equals(other.birth)
          && offsetBytes == other.offsetBytes;
    }
  }

  /**
   * Whether both describe one device, also across reboots. Never true on a guess: a disk without
   * serial number and WWN is the same only within one boot, by the kernel's own count of disks.
   */
  public boolean sameDevice(DeviceIdentity other) {
    return sizeBytes == other.sizeBytes
        && partition.equals(other.partition)
        && sameDisk(other)
        && (named() || number.equals(other.number));
  }

  /** Whether a write to one may change what is on the other, whatever sizes they have by now. */
  public boolean overlaps(DeviceIdentity other) {
    return (partition.isEmpty() || other.partition.isEmpty() || partition.equals(other.partition))
        && sameDisk(other);
  }

  private boolean named() {
    return loop.isPresent() || wwn.isPresent() || serial.isPresent();
  }

  private boolean sameDisk(DeviceIdentity other) {
    if (loop.isPresent() || other.loop.isPresent()) {
      return loop.isPresent()
          && other.loop.isPresent()
          && loop.get().sameFile(other.loop.get(), bootId.equals(other.bootId));
    }
    if (wwn.isPresent() || other.wwn.isPresent()) {
      return wwn.equals(other.wwn);
    }
    if (serial.isPresent() || other.serial.isPresent()) {
      return serial.equals(other.serial);
    }
    return bootId.equals(other.bootId) && sequence.isPresent() && sequence.equals(other.sequence);
  }
}
