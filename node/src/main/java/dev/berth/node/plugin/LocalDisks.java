package dev.berth.node.plugin;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceIdentity;
import dev.berth.node.disk.DiskPreparation;
import dev.berth.node.disk.DiskPreparation.Origin;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.FormatAnyway;
import dev.berth.node.disk.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Block devices as local volumes with a file system. The order of the steps, each repaired by
 * whoever comes next when the process dies after it:
 *
 * <ol>
 *   <li>The disk is prepared: recognised, adopted, or proven blank and formatted with the volume's
 *       uid as its UUID (see {@link DiskPreparation} for the steps within).
 *   <li>The UUID is committed as an annotation of the volume, and remembered here together with the
 *       device. From now on nothing but this file system is ever mounted. Without the annotation
 *       the journal of the preparation, or this node's memory, still knows.
 *   <li>Check, mount. The mount table tells. A file system that was made just now is mounted while
 *       its UUID is committed: the journal knows it, and no pod sees it before both are done. One
 *       that the volume had before is checked while it is remembered that it will not be clean.
 * </ol>
 */
public final class LocalDisks {
  private static final Logger LOG = LoggerFactory.getLogger(LocalDisks.class);

  private final String plugin;
  private final DiskTools disks;
  private final MountTools tools;
  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final KnownDisks memory;
  private final PodMounts mounts;
  private final DiskMounter mounter;
  private final Alongside alongside;
  private final DiskChecks checks;
  private final MountedDisks recognition;

  /**
   * @param plugin under whose name they are mounted
   */
  public LocalDisks(
      String plugin,
      DiskTools disks,
      MountTools tools,
      VolumeObjects objects,
      VolumePaths paths,
      InstantSource clock,
      Alongside alongside) {
    this.plugin = plugin;
    this.disks = disks;
    this.tools = tools;
    this.objects = objects;
    this.paths = paths;
    this.memory = new KnownDisks(paths);
    this.mounts = new PodMounts(tools);
    this.mounter = new DiskMounter(plugin, tools, paths, clock);
    this.alongside = alongside;
    this.checks = new DiskChecks(disks.fileSystems(), objects);
    this.recognition = new MountedDisks(plugin, disks, tools, paths, memory, mounter, clock);
  }

  /** Looks at all disks that are mounted here already, by one program. */
  void recognise(List<StagedVolume> found) throws IOException, InterruptedException {
    recognition.recognise(found);
  }

  /** Whether the disk at the volume's path is the one that is mounted, with the right content. */
  Optional<Problem> verify(VolumeSource.Local volume, BlockDevice device)
      throws IOException, InterruptedException {
    return recognition.verify(volume, device);
  }

  /** Makes sure that the disk carries the volume's file system and is mounted for the node. */
  Attempt stage(VolumeSource.Local volume, BlockDevice device)
      throws IOException, InterruptedException {
    var target = paths.stagedMount(new VolumeId(plugin, volume.volume()));
    if (tools.table().read().at(target).isPresent()) {
      return mounted(volume, device);
    }
    VolumeObjects.Seen seen;
    try {
      seen = objects.findForUse(volume.volume(), volume.uid());
    } catch (VolumeObjects.NotForUse e) {
      return Attempt.failed(e.problem());
    }
    var raw = memory.rawOf(volume.uid(), device.identity());
    if (raw.isPresent()) {
      return Attempt.failed(
          Problem.mismatch(
              ("volume %s: %s is the raw device of another volume of this node (uid %s): two"
                      + " volumes name one disk; correct the path of one")
                  .formatted(volume.volume(), device, raw.get())));
    }
    return switch (DiskFormat.of(volume, seen, objects)) {
      case DiskFormat.Refused(var problem) -> Attempt.failed(problem);
      case DiskFormat.Wanted wanted -> prepare(volume, device, wanted, seen, target);
    };
  }

  private Attempt prepare(
      VolumeSource.Local volume,
      BlockDevice found,
      DiskFormat.Wanted format,
      VolumeObjects.Seen seen,
      Path target)
      throws IOException, InterruptedException {
    var known = memory.of(volume.uid());
    var recorded = seen.fsUuid().or(() -> known.map(KnownDisk::fsUuid));
    var request =
        new DiskPreparation.Request(
            UUID.fromString(volume.uid()),
            found,
            format.kind(),
            volume.capacityBytes(),
            WipeProtocol.of(seen.volume()) instanceof WipeProtocol.Done(var generation)
                ? generation
                : 0,
            recorded,
            volume.readOnly(),
            uuid -> ownerOf(uuid, volume),
            mount -> ownPlace(volume, Path.of(mount.target())),
            anyway(volume, seen),
            format.options());
    return switch (disks.preparation().prepare(request)) {
      case DiskPreparation.Prepared.Refused(var reason, var message, _) -> {
        var text = about(volume, message);
        yield Attempt.failed(mismatch(reason) ? Problem.mismatch(text) : Problem.mount(text));
      }
      case DiskPreparation.Prepared.Unfinished(var outcome) -> {
        var problem = Problem.mount(about(volume, outcome.text()));
        yield outcome instanceof Outcome.Uncertain
            ? new Attempt.Uncertain(problem)
            : Attempt.failed(problem);
      }
      case DiskPreparation.Prepared.Ready(var device, var uuid, var origin) -> {
        var problem = MountedDisks.contradiction(volume, device, uuid, known);
        if (problem.isPresent()) {
          yield Attempt.failed(problem.get());
        }
        yield origin == Origin.FORMATTED
            ? mountNew(volume, device, format.kind(), seen, uuid, target)
            : mountKnown(volume, device, format.kind(), seen, uuid, origin, known, target);
      }
    };
  }

  /** Whoever made the volume may not know that the disk had a file system, and whose it was. */
  private void tellAdopted(VolumeObjects.Seen seen, BlockDevice device, String uuid) {
    var message =
        "%s carried the file system %s already: it is the volume's now, with all that is on it, and was"
                .formatted(device, uuid)
            + " not formatted"
            + (seen.volume().reclaimPolicy().equals("Delete")
                ? "; the reclaim policy is Delete: its data goes with the claim"
                : "");
    LOG.info("volume {}: {}", seen.volume().metadata().name(), message);
    objects.tell(seen, "Adopted", message);
  }

  /** Whether the disk answered, and is another than the volume's. */
  private static boolean mismatch(DiskPreparation.Reason reason) {
    return switch (reason) {
      case UNEXPECTED_CONTENT, WRONG_DISK, LOST, OTHER_TYPE, OWNED -> true;
      case NOT_BLANK, TOO_SMALL, IN_USE, UNREADABLE, READ_ONLY -> false;
    };
  }

  private FormatAnyway anyway(VolumeSource.Local volume, VolumeObjects.Seen seen) {
    return new FormatAnyway(
        volume.volume(),
        Optional.ofNullable(seen.volume().metadata().annotations().get(FormatAnyway.ANNOTATION)),
        device -> otherOn(device, volume));
  }

  /** The other volume that had the device on this node. */
  private Optional<String> otherOn(DeviceIdentity device, VolumeSource.Local volume)
      throws IOException {
    return memory.all().stream()
        .filter(disk -> !disk.uid().equals(volume.uid()) && disk.device().sameDevice(device))
        .findFirst()
        .map(disk -> ownerOf(disk.fsUuid(), volume).orElse("with uid " + disk.uid()));
  }

  private Optional<String> ownerOf(String uuid, VolumeSource.Local volume) {
    return objects.ownersOf(uuid).stream()
        .filter(name -> !name.equals(volume.volume()))
        .findFirst();
  }

  private Attempt mountNew(
      VolumeSource.Local volume,
      BlockDevice device,
      FileSystemKind kind,
      VolumeObjects.Seen seen,
      String uuid,
      Path target)
      throws IOException, InterruptedException {
    // Nobody has written to it yet, and nobody does before both are done.
    var changed = new AtomicReference<>(Optional.<Problem>empty());
    var attempt =
        alongside.both(
            () -> changed.set(record(volume, device, seen, uuid)),
            () -> mounter.mount(volume, device, kind, target));
    return attempt instanceof Attempt.Done && changed.get().isPresent()
        ? new Attempt.Failed(changed.get().get(), true)
        : attempt;
  }

  private Attempt mountKnown(
      VolumeSource.Local volume,
      BlockDevice device,
      FileSystemKind kind,
      VolumeObjects.Seen seen,
      String uuid,
      Origin origin,
      Optional<KnownDisk> known,
      Path target)
      throws IOException, InterruptedException {
    var changed = new AtomicReference<>(Optional.<Problem>empty());
    Alongside.Side recording = () -> changed.set(record(volume, device, seen, uuid));
    Alongside.Main<Optional<Problem>> check =
        () -> volume.readOnly() ? Optional.empty() : checks.beforeMount(seen, device, kind, known);
    Optional<Problem> problem;
    if (origin == Origin.OWN && known.isPresent()) {
      // This node had it for the volume before, whatever the check says now. One that it never had
      // is remembered only when it may be mounted: what is remembered may be wiped later.
      problem = alongside.both(recording, check);
    } else {
      problem = check.run();
      if (problem.isEmpty()) {
        if (origin == Origin.ADOPTED) {
          tellAdopted(seen, device, uuid);
        }
        recording.run();
      }
    }
    problem = problem.or(changed::get);
    return problem.isPresent()
        ? Attempt.failed(problem.get())
        : mounter.mount(volume, device, kind, target);
  }

  /** From now on nothing but this file system is ever mounted for the volume. */
  private Optional<Problem> record(
      VolumeSource.Local volume, BlockDevice device, VolumeObjects.Seen seen, String uuid)
      throws IOException {
    var recorded = seen.fsUuid().filter(uuid::equalsIgnoreCase).isPresent();
    if (!recorded && !objects.recordFsUuid(seen, uuid)) {
      return Optional.of(
          Problem.mount(
              "the PersistentVolume %s changed while its file system's UUID was being recorded;"
                      .formatted(volume.volume())
                  + " this is tried again"));
    }
    memory.remember(
        new KnownDisk(volume.uid(), volume.path().toString(), device.identity(), uuid, false));
    return Optional.empty();
  }

  /**
   * What is mounted already, by this process or one before it. One that died between the first
   * mount of a disk and its record has left the journal of the format.
   */
  private Attempt mounted(VolumeSource.Local volume, BlockDevice device)
      throws IOException, InterruptedException {
    if (memory.of(volume.uid()).isEmpty() && formattedHere(volume, device)) {
      VolumeObjects.Seen seen;
      try {
        seen = objects.findForUse(volume.volume(), volume.uid());
      } catch (VolumeObjects.NotForUse e) {
        return new Attempt.Failed(e.problem(), true);
      }
      var problem = recognition.verify(volume, device, volume.uid(), Optional.empty());
      if (problem.isEmpty()) {
        problem = record(volume, device, seen, volume.uid());
      }
      return problem.<Attempt>map(why -> new Attempt.Failed(why, true)).orElse(Attempt.DONE);
    }
    var problem = verify(volume, device);
    return problem.<Attempt>map(why -> new Attempt.Failed(why, true)).orElse(Attempt.DONE);
  }

  private boolean formattedHere(VolumeSource.Local volume, BlockDevice device) throws IOException {
    return disks
        .journal()
        .of(UUID.fromString(volume.uid()))
        .filter(intent -> intent.done() && intent.device().sameDevice(device.identity()))
        .isPresent();
  }

  /** Unmounts the disk, if it is mounted, and its place. */
  Attempt unstage(StagedVolume volume) throws IOException, InterruptedException {
    var target = paths.stagedMount(volume.id());
    while (tools.table().read().at(target).isPresent()) {
      var outcome = tools.mounter().unmount(target);
      if (!outcome.done() && tools.table().read().at(target).isPresent()) {
        var problem = Problem.unmount("volume " + volume.id().name() + ": " + outcome.text());
        return outcome instanceof Outcome.Uncertain
            ? new Attempt.Uncertain(problem)
            : new Attempt.Failed(problem, true);
      }
      memory.markClean(volume.uid());
    }
    mounts.removePlace(target);
    mounter.forget(volume.uid());
    return Attempt.DONE;
  }

  /** Grows the mounted file system to the size of its device. */
  Growth grow(VolumeSource.Local volume, BlockDevice device)
      throws IOException, InterruptedException {
    var problem = verify(volume, device);
    var kind = FileSystemKind.ofType(volume.fsType());
    if (problem.isPresent() || kind.isEmpty()) {
      return new Growth.Failed(problem.map(Problem::message).orElse(volume.fsType()));
    }
    var target = paths.stagedMount(new VolumeId(plugin, volume.volume()));
    return switch (disks.fileSystems().grow(device, kind.get(), target)) {
      case Outcome.Done _ -> {
        memory.resized(volume.uid(), device.identity());
        yield new Growth.Grown();
      }
      case Outcome.Failed(var message, _) -> new Growth.Later(message);
      case Outcome.ToolMissing(_, var message) -> new Growth.Failed(message);
      case Outcome.Uncertain(var message, _) -> new Growth.Failed(message);
    };
  }

  /** The mounts of the volume in the directories of our pods. */
  private boolean ownPlace(VolumeSource.Local volume, Path target) {
    return target.startsWith(paths.pods())
        && target.getFileName() != null
        && target.getFileName().toString().equals(volume.volume());
  }

  private static String about(VolumeSource.Local volume, String message) {
    return "volume " + volume.volume() + ": " + message;
  }
}
