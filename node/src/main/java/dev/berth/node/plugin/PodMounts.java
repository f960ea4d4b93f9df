package dev.berth.node.plugin;

import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.Outcome;
import dev.berth.node.linux.MountFlag;
import dev.berth.node.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;

/**
 * Shows a mounted directory at a second place, and takes it away from there. Both can be repeated:
 * what is there already, in the way that is wanted, is left alone.
 */
final class PodMounts {
  private final MountTools tools;

  PodMounts(MountTools tools) {
    this.tools = tools;
  }

  /**
   * Makes the directory {@code source} visible at {@code target}.
   *
   * @param source the mount that {@code from} lies on; told apart from what is at the target
   */
  Attempt show(Path from, MountEntry source, Path target, boolean readOnly) throws IOException {
    var present = tools.table().read().at(target);
    if (present.isPresent()) {
      var same = present.get().device().equals(source.device());
      if (!same) {
        return new Attempt.Failed(
            Problem.mount(
                "%s already shows %s (device %s), expected %s (device %s); unmount it"
                    .formatted(
                        target,
                        present.get().source(),
                        present.get().device(),
                        source.source(),
                        source.device())),
            true);
      }
      return restrict(present.get(), target, readOnly);
    }
    Files.createDirectories(parent(target));
    tools.guard().protectMountPoint(target);
    tools.syscalls().bindMount(from, target, false);
    var made = tools.table().read().at(target);
    if (made.isEmpty() || !made.get().device().equals(source.device())) {
      return new Attempt.Uncertain(
          Problem.mount(
              "%s was bound to %s, but the mount table shows %s there"
                  .formatted(target, from, made.map(MountEntry::source).orElse("nothing"))));
    }
    return restrict(made.get(), target, readOnly);
  }

  /** A remount replaces all flags: those that the volume's own mount has are kept. */
  private Attempt restrict(MountEntry mount, Path target, boolean readOnly)
      throws SyscallException {
    if (readOnly && !mount.options().contains("ro")) {
      var flags = EnumSet.of(MountFlag.READ_ONLY);
      mount.options().forEach(option -> flag(option).ifPresent(flags::add));
      tools.syscalls().remountBind(target, flags);
    }
    return Attempt.DONE;
  }

  /** Takes away whatever is mounted at a place, and the place. */
  Attempt takeAway(Path target) throws IOException, InterruptedException {
    var below = takeAwayBelow(tools, target);
    if (!(below instanceof Attempt.Done)) {
      return below;
    }
    for (var mount : tools.table().read().allAt(target)) {
      try {
        tools.syscalls().unmountBind(target, false);
      } catch (SyscallException e) {
        return new Attempt.Failed(
            Problem.unmount(
                "%s (%s) cannot be unmounted: %s; end the processes that use it (fuser -vm %s)"
                    .formatted(target, mount.source(), e.errno().meaning(), target)),
            true);
      }
    }
    removePlace(target);
    return Attempt.DONE;
  }

  /**
   * Takes away what containers of the pod have mounted below a place that was shared with them both
   * ways: it would hold the volume for ever.
   */
  static Attempt takeAwayBelow(MountTools tools, Path target)
      throws IOException, InterruptedException {
    for (var mount : tools.table().read().below(target)) {
      var outcome = tools.mounter().unmount(Path.of(mount.target()));
      if (!outcome.done()) {
        var problem =
            Problem.unmount(
                "%s, mounted there by a container, cannot be unmounted: %s"
                    .formatted(mount.target(), outcome.text()));
        return outcome instanceof Outcome.Uncertain
            ? new Attempt.Uncertain(problem)
            : new Attempt.Failed(problem, true);
      }
    }
    return Attempt.DONE;
  }

  /** Where another pod of the node has the volume mounted. */
  Optional<MountEntry> otherPodWith(PublishedVolume volume, VolumePaths paths) throws IOException {
    var own = paths.podVolume(volume);
    var pods = paths.pods();
    var below = paths.pod(volume.pod().uid()).relativize(own);
    return table().below(pods).stream()
        .filter(mount -> !mount.target().equals(own.toString()))
        .filter(mount -> Path.of(mount.target()).endsWith(below))
        .filter(
            mount ->
                pods.relativize(Path.of(mount.target())).getNameCount() == below.getNameCount() + 1)
        .findFirst();
  }

  /** Removes a bare mount point; one that is not there is removed already. */
  void removePlace(Path target) throws IOException {
    if (Files.exists(target)) {
      tools.guard().removeMountPoint(target);
    }
  }

  MountTable table() throws IOException {
    return tools.table().read();
  }

  private static Optional<MountFlag> flag(String option) {
    return switch (option) {
      case "ro" -> Optional.of(MountFlag.READ_ONLY);
      case "nosuid" -> Optional.of(MountFlag.NO_SUID);
      case "nodev" -> Optional.of(MountFlag.NO_DEV);
      case "noexec" -> Optional.of(MountFlag.NO_EXEC);
      case "noatime" -> Optional.of(MountFlag.NO_ATIME);
      default -> Optional.empty();
    };
  }

  private static Path parent(Path target) {
    var parent = target.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("nothing is mounted at " + target);
    }
    return parent;
  }
}
