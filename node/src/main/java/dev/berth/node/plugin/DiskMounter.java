package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.Outcome;
import dev.berth.node.linux.DeviceNumber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Mounts disks for the node, and knows for a moment which ones were examined for it. */
final class DiskMounter {

  /**
   * How long the examination of a disk that is mounted since holds for the steps that follow upon
   * it, of hundreds of volumes at a time: showing it to the pod, starting the containers.
   */
  private static final Duration EXAMINED = Duration.ofSeconds(3);

  /** A disk that was examined and, at this moment, mounted. */
  private record Examined(long mountId, DeviceNumber device, Instant at) {}

  private final String plugin;
  private final MountTools tools;
  private final VolumePaths paths;
  private final PodMounts mounts;
  private final InstantSource clock;
  private final Map<String, Examined> examined = new ConcurrentHashMap<>();

  /**
   * @param plugin under whose name disks are mounted
   */
  DiskMounter(String plugin, MountTools tools, VolumePaths paths, InstantSource clock) {
    this.plugin = plugin;
    this.tools = tools;
    this.paths = paths;
    this.mounts = new PodMounts(tools);
    this.clock = clock;
  }

  /** Mounts a disk that was examined just now, or made. */
  Attempt mount(VolumeSource.Local volume, BlockDevice device, FileSystemKind kind, Path target)
      throws IOException, InterruptedException {
    Files.createDirectories(paths.plugin(plugin).resolve("mounts"));
    tools.guard().protectMountPoint(target);
    var options = new ArrayList<>(volume.mountOptions());
    options.add(volume.readOnly() ? "ro" : "defaults");
    var outcome =
        tools
            .mounter()
            .mount(new Mounter.Request(kind.typeName(), device.node().toString(), target, options));
    var shown = tools.table().read().at(target);
    if (shown.isPresent() && shows(shown.get(), device)) {
      examined(volume.uid(), shown.get(), clock.instant());
      return Attempt.DONE;
    }
    return switch (outcome) {
      case Outcome.Done _ ->
          new Attempt.Uncertain(
              Problem.mount(
                  "%s was mounted, but the mount table shows %s at %s"
                      .formatted(device, shown.map(MountEntry::source).orElse("nothing"), target)));
      case Outcome.Failed(var message, _) -> {
        mounts.removePlace(target);
        yield Attempt.failed(problem(volume, message + AskedOptions.of(volume)));
      }
      case Outcome.ToolMissing(_, var message) -> {
        mounts.removePlace(target);
        yield Attempt.failed(problem(volume, message));
      }
      case Outcome.Uncertain(var message, _) -> new Attempt.Uncertain(problem(volume, message));
    };
  }

  /**
   * The disk behind the mount has answered with the right content.
   *
   * @param at not later than it was read
   */
  void examined(String uid, MountEntry mount, Instant at) {
    examined.put(uid, new Examined(mount.id(), mount.device(), at));
  }

  /** A mount keeps its device: as long as it is the same one, so is what was read before it. */
  boolean justExamined(VolumeSource.Local volume, MountEntry mount) {
    var before = examined.get(volume.uid());
    if (before == null) {
      return false;
    }
    var age = Duration.between(before.at(), clock.instant());
    var holds =
        before.mountId() == mount.id()
            && before.device().equals(mount.device())
            && !age.isNegative()
            && age.compareTo(EXAMINED) < 0;
    if (!holds) {
      examined.remove(volume.uid(), before);
    }
    return holds;
  }

  void forget(String uid) {
    examined.remove(uid);
  }

  /** btrfs gives its mounts numbers that are no device's. */
  static boolean shows(MountEntry mount, BlockDevice device) {
    return mount.type().equals(FileSystemKind.BTRFS.typeName())
        ? mount.source().equals(device.node().toString())
        : mount.device().equals(device.identity().number());
  }

  private static Problem problem(VolumeSource.Local volume, String message) {
    return Problem.mount("volume " + volume.volume() + ": " + message);
  }
}
