package dev.berth.node.volume;

import dev.berth.node.disk.MountTable;
import dev.berth.node.plugin.VolumePaths;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A host for the simulation: disks, the kernel's mount table, containers. It survives the process
 * of the server, loses its mounts when it reboots, and fails the run when anything is done to it
 * that must never be done.
 */
final class SimulatedHost {

  /** A mount: of a disk as a whole, or bound from it. */
  record Mount(long id, SimulatedDisk disk, Path target, boolean bound) {}

  final RandomGenerator random;
  final VolumePaths paths;
  final Map<Path, SimulatedDisk> disks = new LinkedHashMap<>();
  final List<Mount> mounts = new ArrayList<>();

  /** Pods of which containers run. */
  final Set<String> running = new HashSet<>();

  /** Pods that want their volumes, as the API says. */
  final Set<String> wanting = new HashSet<>();

  /** The volumes that the node's status says to be in use, by name. */
  Set<String> reportedInUse = Set.of();

  /** Disks whose data may be destroyed: their volume is to be wiped. */
  final Set<SimulatedDisk> toWipe = new HashSet<>();

  /** Effects of abandoned programs that have not happened yet. */
  final List<Runnable> late = new ArrayList<>();

  String bootId = "boot-0";
  boolean faults = true;
  int formats;
  int crashes;

  /** At which step from now the process is killed; 0 for never. */
  int killIn;

  private long mountIds = 100;
  private boolean leftLate;

  SimulatedHost(Path root, RandomGenerator random) {
    this.paths = new VolumePaths(root);
    this.random = random;
  }

  /** Every call of the server into the host passes here; any of them may be its last. */
  void step() {
    if (killIn > 0 && --killIn == 0) {
      crashes++;
      throw new SimulatedCrash();
    }
  }

  boolean chance(int percent) {
    return faults && random.nextInt(100) < percent;
  }

  /** An abandoned program will do this at some time, or never. */
  void later(Runnable effect) {
    leftLate = true;
    late.add(effect);
  }

  /** Whether the operation that has just ended left a program behind. */
  boolean takeLeftLate() {
    var left = leftLate;
    leftLate = false;
    return left;
  }

  Optional<Mount> at(Path target) {
    return mounts.reversed().stream().filter(mount -> mount.target().equals(target)).findFirst();
  }

  MountTable table() {
    var text = new StringBuilder("20 1 8:1 / / rw - ext4 /dev/root rw\n");
    for (var mount : mounts) {
      text.append(mount.id()).append(" 20 ").append(mount.disk().number).append(" / ");
      text.append(mount.target()).append(" rw - ext4 /dev/").append(mount.disk().serial);
      text.append(" rw\n");
    }
    return MountTable.parse(text.toString());
  }

  /** What mount(2) does: the same file system is not mounted twice at one place. */
  void mount(SimulatedDisk disk, Path target) {
    var same = at(target).filter(mount -> mount.disk() == disk);
    if (same.isPresent() || disk.content != SimulatedDisk.Content.FILE_SYSTEM) {
      return;
    }
    must(at(target).isEmpty(), "mounted over another mount: " + target);
    mounts.add(new Mount(mountIds++, disk, target, false));
  }

  void bind(Path from, Path target) {
    var source = at(from);
    must(source.isPresent(), "bound from a directory that nothing is mounted on: " + from);
    must(at(target).isEmpty(), "bound twice: " + target);
    mounts.add(new Mount(mountIds++, source.orElseThrow().disk(), target, true));
  }

  /** Takes the topmost mount away. */
  boolean unmount(Path target) {
    var mount = at(target);
    if (mount.isEmpty()) {
      return false;
    }
    var pod = podOf(target);
    if (pod.isPresent()) {
      must(!running.contains(pod.get()), "unmounted under a running container: " + target);
      must(!wanting.contains(pod.get()), "unmounted although the pod wants it: " + target);
    } else {
      var shown =
          mounts.stream()
              .filter(other -> other.bound() && other.disk() == mount.get().disk())
              .filter(other -> other.target().getFileName().equals(target.getFileName()))
              .toList();
      must(shown.isEmpty(), "unmounted for the node while pods have it: " + shown);
    }
    mounts.remove(mount.get());
    return true;
  }

  private Optional<String> podOf(Path target) {
    return target.startsWith(paths.pods())
        ? Optional.of(paths.pods().relativize(target).getName(0).toString())
        : Optional.empty();
  }

  /** Power off and on: mounts and containers are gone, nothing on disk is. */
  void reboot() {
    mounts.clear();
    running.clear();
    late.clear();
    bootId = "boot-" + (Integer.parseInt(bootId.substring(5)) + 1);
  }

  /** The disk that the volume is on, if it is anywhere. */
  Optional<SimulatedDisk> diskOf(String uid) {
    return disks.values().stream().filter(disk -> disk.recordedFor.equals(uid)).findFirst();
  }

  static void must(boolean holds, String violation) {
    if (!holds) {
      throw new AssertionError(violation);
    }
  }

  /** The kernel finds two disks in another order. Returns which, for a person. */
  String swapDisks() {
    var slots = List.copyOf(disks.keySet());
    var one = slots.get(random.nextInt(slots.size()));
    var other = slots.get(random.nextInt(slots.size()));
    var disk = disks.get(one);
    disks.put(one, disks.get(other));
    disks.put(other, disk);
    return "swapped " + one + " and " + other;
  }

  /** A disk goes, or cannot be read. Returns which, for a person. */
  String breakDisk() {
    var disk = List.copyOf(disks.values()).get(random.nextInt(disks.size()));
    disk.missing = random.nextBoolean();
    disk.unreadable = !disk.missing;
    return disk.serial + (disk.missing ? " is missing" : " is unreadable");
  }

  void repairDisks() {
    disks.values().forEach(disk -> disk.missing = disk.unreadable = false);
  }
}
