package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.BlockDevices;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.MountTable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Finds out whether a path leads to a block device or to a directory, without touching a file
 * system that may not answer: only the host's root and /dev are walked.
 */
public final class LocalPlaces {
  private final BlockDevices devices;
  private final MountReader mounts;

  public LocalPlaces(BlockDevices devices, MountReader mounts) {
    this.devices = devices;
    this.mounts = mounts;
  }

  /** What is at the path now. On a mount of its own it is taken for a directory. */
  public DeviceLookup find(Path path) throws IOException {
    return trusted(path, mounts.read())
        ? devices.find(path)
        : new DeviceLookup.NotBlockDevice(path, true, path + " is on a mount of its own");
  }

  /** Whether the path surely leads to the device that it led to before. */
  boolean same(Path path, BlockDevice before, MountTable table) throws IOException {
    return trusted(path, table)
        && table.allAt(path).stream().allMatch(mount -> mount.type().equals("devtmpfs"))
        && devices.same(path, before);
  }

  private static boolean trusted(Path path, MountTable table) {
    var mount = table.containing(path);
    return mount.isEmpty()
        || mount.get().target().equals("/")
        || mount.get().type().equals("devtmpfs")
        || inDev(path);
  }

  private static boolean inDev(Path path) {
    return path.normalize().startsWith("/dev");
  }
}
