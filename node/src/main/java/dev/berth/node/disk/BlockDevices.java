package dev.berth.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks block devices up in /dev and sysfs. Opens no device but loop devices, which answer what
 * they are bound to without touching it, so that it cannot hang on an ill disk.
 */
public interface BlockDevices {

  /**
   * What {@code path} leads to now. Ask again before every use: the device behind a path can
   * change.
   *
   * @throws IOException when /sys or /dev themselves cannot be read
   */
  DeviceLookup find(Path path) throws IOException;

  /**
   * Whether a path surely still leads to the device that it led to, as it was described; cheaper
   * than describing it again. Nothing but /dev may be mounted there.
   */
  default boolean same(Path path, BlockDevice before) throws IOException {
    return false;
  }

  /**
   * All of them, partitions included, ordered by name; without those that have no medium, such as
   * loop devices that are bound to nothing.
   */
  List<BlockDevice> all() throws IOException;

  /** Who uses a device at this moment. */
  DeviceUse use(BlockDevice device) throws IOException;
}
