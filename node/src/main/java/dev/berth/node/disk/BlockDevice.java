package dev.berth.node.disk;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A block device as sysfs shows it at one moment.
 *
 * @param asked the path that was asked for, perhaps a link such as those in /dev/disk/by-id
 * @param node the device file itself, for example /dev/loop3: what children are given
 * @param kernelName for example loop3, sda1
 * @param readOnly whether the kernel refuses writes
 * @param disk the kernel name of the whole disk, when this is a partition
 * @param partitions kernel names of its partitions
 */
public record BlockDevice(
    Path asked,
    Path node,
    String kernelName,
    DeviceIdentity identity,
    boolean readOnly,
    Optional<String> disk,
    List<String> partitions) {

  public BlockDevice {
    partitions = List.copyOf(partitions);
  }

  public long sizeBytes() {
    return identity.sizeBytes();
  }

  /** For messages: the path asked for, and the device behind it where that is another name. */
  @Override
  public String toString() {
    return asked.equals(node) ? node.toString() : asked + " (" + node + ")";
  }
}
