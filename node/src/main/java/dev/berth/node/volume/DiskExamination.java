package dev.berth.node.volume;

import dev.berth.node.disk.DiskVitals;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.Superblocks;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Deadline;
import dev.berth.node.plugin.VolumeDisks;
import dev.berth.node.plugin.VolumeDisks.VolumeDisk;
import dev.berth.node.volume.DiskFinding.Trouble;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for signs that disks of volumes fail or are not the right ones. What sysfs and the mount
 * table tell is read here; whatever touches a device or a file system is a child process, two for
 * all volumes together where nothing is wrong, and one for each disk in an hour where smartctl is
 * installed. For one thread at a time.
 */
final class DiskExamination {
  private static final String UUID_LINE = "UUID=";
  private static final String DEVICE_LINE = "DEVNAME=";

  private final VolumeDisks disks;
  private final DiskVitals vitals;
  private final GroupProbe superblockProbe;
  private final GroupProbe contentProbe;
  private final GroupProbe rootProbe;

  /** What is mounted from the devices that are looked at, by their nodes. */
  private final Map<String, FileSystemKind> kinds = new HashMap<>();

  private final IoErrorCounts ioErrors = new IoErrorCounts();
  private final SmartProbe smart;

  DiskExamination(
      VolumeDisks disks, DiskVitals vitals, ChildProcesses children, InstantSource clock) {
    this.disks = disks;
    this.vitals = vitals;
    this.smart = new SmartProbe(children, clock);
    this.superblockProbe =
        new GroupProbe(children, this::readSuperblocks, GroupProbe.Patience.DEFAULT);
    this.contentProbe =
        new GroupProbe(children, DiskExamination::readUuids, GroupProbe.Patience.DEFAULT);
    this.rootProbe =
        new GroupProbe(children, DiskExamination::readRoots, GroupProbe.Patience.DEFAULT);
  }

  /** The volumes with a disk, each with the worst that was found, if anything was. */
  Map<VolumeDisk, Optional<DiskFinding>> examine() throws IOException, InterruptedException {
    var all = disks.all();
    var superblocks = superblocks(all);
    var roots = roots(all);
    var findings = new LinkedHashMap<VolumeDisk, Optional<DiskFinding>>();
    for (var disk : all) {
      var finding = Optional.<DiskFinding>empty();
      if (disk.staged()) {
        finding = identity(disk, superblocks).or(() -> answer(disk, roots));
        // It may have been taken away, or put elsewhere, while it was looked at.
        if (finding.isPresent() && !disks.unchanged(disk)) {
          finding = Optional.empty();
        }
      }
      findings.put(disk, finding.isPresent() ? finding : signs(disk));
    }
    return findings;
  }

  /** Whether such a disk can be asked for its superblock: it should have one, and is there. */
  private static boolean hasSuperblock(VolumeDisk disk) {
    return disk.staged() && !disk.fsUuid().isEmpty() && disk.wrong().isEmpty();
  }

  private static String node(VolumeDisk disk) {
    return disk.device().map(device -> device.node().toString()).orElse("");
  }

  /**
   * What was found on devices.
   *
   * @param errors why a device cannot be read
   */
  private record Found(
      Map<String, String> uuids,
      Map<String, String> errors,
      Set<String> answered,
      Set<String> silent) {}

  private Found superblocks(List<VolumeDisk> all) throws InterruptedException {
    kinds.clear();
    var expected = new HashMap<String, String>();
    for (var disk : all) {
      var kind = disk.mount().flatMap(mount -> FileSystemKind.ofType(mount.type()));
      if (hasSuperblock(disk) && kind.isPresent()) {
        kinds.put(node(disk), kind.get());
        expected.put(node(disk), disk.fsUuid());
      }
    }
    var answers = superblockProbe.ask(kinds.keySet());
    var uuids = new HashMap<String, String>();
    var errors = new HashMap<String, String>();
    for (var exited : answers.said()) {
      uuids.putAll(Superblocks.uuids(exited.out(), kinds));
      errors.putAll(Superblocks.errors(exited.out()));
    }
    var answered = new HashSet<>(answers.answered());
    var silent = new HashSet<>(answers.silent());
    var others = new HashSet<>(kinds.keySet());
    others.removeAll(silent);
    others.removeAll(errors.keySet());
    others.removeIf(node -> expected.getOrDefault(node, "").equalsIgnoreCase(uuids.get(node)));
    var contents = contents(others, uuids);
    answered.addAll(contents.answered());
    silent.addAll(contents.silent());
    return new Found(uuids, errors, answered, silent);
  }

  /** Has what else is there told by the program that knows every kind. */
  private GroupProbe.Answers contents(Set<String> devices, Map<String, String> uuids)
      throws InterruptedException {
    var answers = contentProbe.ask(devices);
    for (var exited : answers.said()) {
      var device = "";
      for (var line : exited.out().split("\n", -1)) {
        if (line.startsWith(DEVICE_LINE)) {
          device = line.substring(DEVICE_LINE.length());
        } else if (line.startsWith(UUID_LINE)) {
          uuids.put(device, line.substring(UUID_LINE.length()));
        }
      }
    }
    return answers;
  }

  private ChildCommand readSuperblocks(List<String> devices, Duration patience) {
    return Superblocks.command(devices, kinds, Deadline.byClock(patience));
  }

  private static ChildCommand readUuids(List<String> devices, Duration patience) {
    var arguments = new ArrayList<>(List.of("-p", "-o", "export", "-s", "UUID"));
    arguments.addAll(devices);
    return new ChildCommand(
        "blkid",
        arguments,
        Map.of(),
        Deadline.byClock(patience),
        Superblocks.OUTPUT_BYTES * devices.size());
  }

  private static Optional<DiskFinding> identity(VolumeDisk disk, Found found) {
    if (disk.device().isEmpty()) {
      return Optional.of(new DiskFinding(Trouble.MISSING, disk.wrong().orElse("it is gone")));
    }
    if (disk.wrong().isPresent()) {
      return Optional.of(new DiskFinding(Trouble.OTHER_DISK, disk.wrong().get()));
    }
    var node = node(disk);
    if (found.silent().contains(node)) {
      return Optional.of(new DiskFinding(Trouble.SILENT, node + " does not answer"));
    }
    if (found.errors().containsKey(node)) {
      return Optional.of(
          new DiskFinding(
              Trouble.SILENT, "%s cannot be read: %s".formatted(node, found.errors().get(node))));
    }
    if (!found.answered().contains(node)) {
      return Optional.empty();
    }
    var uuid = Optional.ofNullable(found.uuids().get(node));
    return uuid.filter(disk.fsUuid()::equalsIgnoreCase).isPresent()
        ? Optional.empty()
        : Optional.of(
            new DiskFinding(
                Trouble.OTHER_DISK,
                "expected UUID %s on %s, found %s"
                    .formatted(disk.fsUuid(), node, uuid.orElse("no file system"))));
  }

  /** The roots of file systems that answered with themselves. */
  private record Roots(Set<String> there, GroupProbe.Answers answers) {}

  /** Asks for the roots of mounted file systems: one that was shut down has none any more. */
  private Roots roots(List<VolumeDisk> all) throws InterruptedException {
    var answers =
        rootProbe.ask(
            all.stream().flatMap(disk -> disk.mount().stream()).map(MountEntry::target).toList());
    var there = new HashSet<String>();
    answers.said().forEach(exited -> exited.out().lines().forEach(there::add));
    return new Roots(there, answers);
  }

  private static ChildCommand readRoots(List<String> mounts, Duration patience) {
    var arguments = new ArrayList<>(List.of("--format=%n", "--"));
    arguments.addAll(mounts);
    return ChildCommand.of(Deadline.byClock(patience), "stat", arguments);
  }

  private static Optional<DiskFinding> answer(VolumeDisk disk, Roots roots) {
    var root = disk.mount().map(MountEntry::target).orElse("");
    if (roots.answers().silent().contains(root)) {
      return Optional.of(
          new DiskFinding(Trouble.SILENT, "the file system at " + root + " does not answer"));
    }
    if (!roots.answers().answered().contains(root) || roots.there().contains(root)) {
      return Optional.empty();
    }
    var why =
        roots.answers().said().stream()
            .flatMap(exited -> exited.err().lines())
            .filter(line -> line.contains(root))
            .findFirst()
            .orElse("no answer");
    return Optional.of(
        new DiskFinding(
            Trouble.DEAD, "its file system was shut down by the kernel or cannot be read: " + why));
  }

  private Optional<DiskFinding> signs(VolumeDisk disk) throws IOException, InterruptedException {
    var device = disk.device();
    if (device.isEmpty()) {
      return Optional.empty();
    }
    var signs = vitals.read(device.get(), disk.fsUuid());
    var failing = smart.look(device.get());
    return disk.mount()
        .flatMap(mount -> fileSystem(mount, signs))
        .or(() -> ioErrors.look(device.get(), signs.ioErrors()))
        .or(() -> failing);
  }

  /** What its file system says. */
  static Optional<DiskFinding> fileSystem(MountEntry mount, DiskVitals.Signs signs) {
    var options = mount.superOptions();
    var errors =
        signs.fileSystemErrors() == 0
            ? ""
            : "%d errors were found in it%s"
                .formatted(
                    signs.fileSystemErrors(),
                    signs.lastError().isEmpty() ? "" : ", the last in " + signs.lastError());
    if (options.contains("shutdown")) {
      return Optional.of(new DiskFinding(Trouble.DEAD, "the kernel has shut its file system down"));
    }
    // Mounted to be read only, both would say so.
    var turned = options.contains("ro") && !mount.options().contains("ro");
    if (turned || options.contains("emergency_ro")) {
      return Optional.of(
          new DiskFinding(
              Trouble.READ_ONLY,
              "the kernel has made its file system read-only"
                  + (errors.isEmpty() ? "" : ": " + errors)));
    }
    return errors.isEmpty()
        ? Optional.empty()
        : Optional.of(new DiskFinding(Trouble.ERRORS, "its file system is damaged: " + errors));
  }
}
