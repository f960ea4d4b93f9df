package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevices;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.MountReader;
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
    var mount = mounts.read().containing(path);
    if (mount.isPresent()) {
      var at = mount.get();
      var trusted = at.target().equals("/") || at.type().equals("devtmpfs") || inDev(path);
      if (!trusted) {
        return new DeviceLookup.NotBlockDevice(path, true, path + " is on a mount of its own");
      }
    }
    return devices.find(path);
  }

  private static boolean inDev(Path path) {
    return path.normalize().startsWith("/dev");
  }
}
