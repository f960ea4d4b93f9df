package dev.berth.node.plugin;

import dev.berth.node.disk.BlankProof;
import dev.berth.node.disk.BlankVerdict;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.LoopDevices;
import dev.berth.node.disk.ProbeResult;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.linux.SyscallException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Block devices as local volumes without a file system: pods get the device as it is. The steps,
 * each of which can be repeated:
 *
 * <ol>
 *   <li>The device is recognised as the volume's own, or as nobody's; it is remembered together
 *       with the volume, and forgotten as wiped or as debris of ours: from now on others write.
 *   <li>Its device file is bound to a place of the pod, which keeps naming this device.
 *   <li>A read-only loop device holds it open there, so that its number is given to no other.
 *   <li>A link in the pod's directory names the place.
 * </ol>
 */
public final class LocalBlocks {
  private static final Logger LOG = LoggerFactory.getLogger(LocalBlocks.class);
  private static final Set<BlankVerdict.Reason> TAKEN =
      EnumSet.of(
          BlankVerdict.Reason.OPENED,
          BlankVerdict.Reason.MOUNTED,
          BlankVerdict.Reason.HELD,
          BlankVerdict.Reason.SWAP);

  private static final Deadline QUICK = Deadline.byClock(Duration.ofSeconds(30));

  private final DiskTools disks;
  private final MountTools tools;
  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final KnownDisks memory;
  private final LoopDevices loops;
  private final ChildProcesses children;

  /**
   * @param children those of operations on volumes
   */
  public LocalBlocks(
      DiskTools disks,
      MountTools tools,
      VolumeObjects objects,
      VolumePaths paths,
      LoopDevices loops,
      ChildProcesses children) {
    this.disks = disks;
    this.tools = tools;
    this.objects = objects;
    this.paths = paths;
    this.memory = new KnownDisks(paths);
    this.loops = loops;
    this.children = children;
  }

  /** Makes sure that the device is the volume's own, or becomes it. */
  Attempt stage(VolumeSource.LocalBlock volume, BlockDevice device)
      throws IOException, InterruptedException {
    var problem = unfit(volume, device);
    // Without a name of its own a disk may be another one after each boot.
    var now = device.identity();
    var known =
        memory
            .of(volume.uid())
            .map(KnownDisk::device)
            .filter(before -> before.bootId().equals(now.bootId()) || before.overlaps(now));
    if (problem.isEmpty() && known.isEmpty()) {
      problem = foreign(volume, device);
      try {
        objects.findForUse(volume.volume(), volume.uid());
      } catch (VolumeObjects.NotForUse e) {
        problem = Optional.of(e.problem());
      }
    }
    if (problem.isPresent()) {
      return Attempt.failed(problem.get());
    }
    memory.remember(
        new KnownDisk(volume.uid(), volume.path().toString(), device.identity(), "", false));
    disks.journal().handOver(device.identity());
    return Attempt.DONE;
  }

  private Optional<Problem> unfit(VolumeSource.LocalBlock volume, BlockDevice device)
      throws IOException {
    var used = disks.devices().use(device).inUse();
    if (used.isPresent()) {
      return Optional.of(
          problem(volume, "its device %s is in use: %s".formatted(device, used.get())));
    }
    if (device.sizeBytes() < volume.capacityBytes()) {
      return Optional.of(
          problem(
              volume,
              "%s has %d bytes; expected at least %d, the volume's capacity"
                  .formatted(device, device.sizeBytes(), volume.capacityBytes())));
    }
    if (device.readOnly() && !volume.readOnly()) {
      return Optional.of(
          problem(volume, device + " is read-only; give the volume the mode ReadOnlyMany"));
    }
    return contradiction(volume, device);
  }

  /** Whose the device is, when it is somebody else's. */
  private Optional<Problem> foreign(VolumeSource.LocalBlock volume, BlockDevice device)
      throws IOException, InterruptedException {
    var content = foreignContent(volume, device);
    if (content.isPresent()) {
      return content;
    }
    if (!device.readOnly()
        && disks.proof().verify(device, new BlankProof.Demand(volume.capacityBytes(), false, true))
            instanceof BlankVerdict.Refused(var reason, var why)
        && TAKEN.contains(reason)) {
      // Whatever is on it, and however sick it is, may be the volume's; but nobody else may have
      // it.
      return Optional.of(problem(volume, why));
    }
    // Also one whose file system was erased, or is being wiped.
    return memory
        .otherOf(volume.uid(), device.identity())
        .map(
            other ->
                Problem.mismatch(
                    ("volume %s: %s is the device of another volume of this node (uid %s): two"
                            + " volumes name one disk; delete the other, or correct the path of one")
                        .formatted(volume.volume(), device, other)));
  }

  private Optional<Problem> foreignContent(VolumeSource.LocalBlock volume, BlockDevice device)
      throws InterruptedException {
    return switch (disks.fileSystems().probe(device)) {
      case ProbeResult.Content content -> {
        var owner =
            objects.ownersOf(content.uuid()).stream()
                .filter(name -> !content.uuid().isEmpty() && !name.equals(volume.volume()))
                .findFirst();
        yield owner.map(
            name ->
                Problem.mismatch(
                    ("volume %s: %s carries the file system %s of volume %s; it is not handed out"
                            + " as a raw device. Delete or correct one of the two volumes")
                        .formatted(volume.volume(), device, content.uuid(), name)));
      }
      case ProbeResult.NoAnswer(var text) -> Optional.of(silent(volume, device, text));
      case ProbeResult.Unreadable(var text) -> Optional.of(silent(volume, device, text));
      case ProbeResult.Nothing _, ProbeResult.PartitionTable _, ProbeResult.Ambivalent _ ->
          Optional.empty();
    };
  }

  private static Problem silent(VolumeSource.LocalBlock volume, BlockDevice device, String text) {
    return problem(volume, "its device %s cannot be examined: %s".formatted(device, text));
  }

  private Optional<Problem> contradiction(VolumeSource.LocalBlock volume, BlockDevice device)
      throws IOException {
    var known = memory.of(volume.uid());
    if (known.isEmpty()) {
      return Optional.empty();
    }
    if (!known.get().fsUuid().isEmpty()) {
      return Optional.of(
          Problem.mismatch(
              "volume %s had a file system with UUID %s; it is not handed out as a raw device"
                  .formatted(volume.volume(), known.get().fsUuid())));
    }
    var other = DiskIdentities.contradiction(known.get().device(), device.identity());
    var shrunk =
        device.sizeBytes() < known.get().device().sizeBytes()
            ? Optional.of(
                "it has %d bytes, it had %d"
                    .formatted(device.sizeBytes(), known.get().device().sizeBytes()))
            : Optional.<String>empty();
    return other
        .or(() -> shrunk)
        .map(
            why ->
                Problem.mismatch(
                    "volume %s: %s is not the device that the volume was on: %s; connect that one"
                        .formatted(volume.volume(), device, why)));
  }

  /** Takes notice of a device that has become larger. */
  Growth grow(VolumeSource.LocalBlock volume, BlockDevice device) throws IOException {
    var problem = contradiction(volume, device);
    if (problem.isPresent()) {
      return new Growth.Failed(problem.get().message());
    }
    memory.resized(volume.uid(), device.identity());
    return new Growth.Grown();
  }

  /** Shows the device to a pod. */
  Attempt publish(PodVolume volume, VolumeSource.LocalBlock source, BlockDevice device)
      throws IOException, InterruptedException {
    var problem = contradiction(source, device);
    if (problem.isPresent()) {
      return new Attempt.Failed(problem.get(), true);
    }
    var place = place(volume.published());
    if (tools.table().read().at(place).isEmpty()) {
      Files.createDirectories(paths.blockPlaces(volume.id()));
      if (Files.notExists(place, LinkOption.NOFOLLOW_LINKS)) {
        Files.createFile(place);
      }
      tools.syscalls().bindMount(device.node(), place, false);
    }
    if (!shows(place, device)) {
      return new Attempt.Failed(
          Problem.mismatch(
              "volume %s: %s shows another device than %s; it is taken away with the pod"
                  .formatted(source.volume(), place, device)),
          true);
    }
    var locked = lock(source, place);
    if (!(locked instanceof Attempt.Done)) {
      return locked;
    }
    var link = paths.podDevice(volume.published());
    Files.createDirectories(paths.podDevices(volume.published()));
    if (!Files.isSymbolicLink(link)) {
      Files.createSymbolicLink(link, place);
    }
    return Attempt.DONE;
  }

  private Attempt lock(VolumeSource.LocalBlock volume, Path place)
      throws IOException, InterruptedException {
    if (!loops.ofFile(place).isEmpty()) {
      return Attempt.DONE;
    }
    var command =
        ChildCommand.of(QUICK, "losetup", "--read-only", "--find", "--show", place.toString());
    return switch (children.run(command)) {
      case ChildResult.Exited exited when exited.ok() -> Attempt.DONE;
      case ChildResult.Exited exited ->
          new Attempt.Failed(
              problem(volume, "its device cannot be held open: " + exited.said()), true);
      case ChildResult.NotStarted missing ->
          new Attempt.Failed(problem(volume, missing.reason()), true);
      case ChildResult.Killed _, ChildResult.Abandoned _ ->
          new Attempt.Uncertain(problem(volume, "its device does not answer when it is opened"));
    };
  }

  /** Takes the device away from a pod; when it has none, nothing happens. */
  Attempt unpublish(PublishedVolume volume) throws IOException {
    Files.deleteIfExists(paths.podDevice(volume));
    var place = place(volume);
    if (Files.notExists(place, LinkOption.NOFOLLOW_LINKS)) {
      removeEmpty(paths.blockPlaces(volume.id()));
      return Attempt.DONE;
    }
    if (tools.table().read().at(place).isPresent()) {
      for (var lock : loops.ofFile(place)) {
        if (!loops.detach(lock.number(), place)) {
          return new Attempt.Failed(
              Problem.unmount(
                  "volume %s: somebody uses %s, which holds its device open; end that"
                      .formatted(volume.id().name(), lock.device())),
              true);
        }
      }
    }
    for (var _ : tools.table().read().allAt(place)) {
      try {
        tools.syscalls().unmountBind(place, false);
      } catch (SyscallException e) {
        return new Attempt.Failed(
            Problem.unmount("%s cannot be unmounted: %s".formatted(place, e.errno().meaning())),
            true);
      }
    }
    Files.delete(place);
    removeEmpty(paths.blockPlaces(volume.id()));
    return Attempt.DONE;
  }

  /** After its last place; operations on one volume do not overlap, so that nobody adds another. */
  private static void removeEmpty(Path places) throws IOException {
    try {
      Files.deleteIfExists(places);
    } catch (DirectoryNotEmptyException e) {
      LOG.trace("{} has places of other pods", places);
    }
  }

  /** Whether the pod's device is still the volume's. */
  Optional<Problem> verify(PodVolume volume, VolumeSource.LocalBlock source, BlockDevice device)
      throws IOException {
    var problem = contradiction(source, device);
    if (problem.isPresent()) {
      return problem;
    }
    var place = place(volume.published());
    return tools.table().read().at(place).isPresent() && shows(place, device)
        ? Optional.empty()
        : Optional.of(
            Problem.mismatch(
                "volume %s: %s does not show %s any more"
                    .formatted(source.volume(), place, device)));
  }

  private boolean shows(Path place, BlockDevice device) throws SyscallException {
    return tools.syscalls().status(place, true).represents().equals(device.identity().number());
  }

  /** Where a pod's device file is. */
  Path place(PublishedVolume volume) {
    return paths.blockPlaces(volume.id()).resolve(volume.pod().uid());
  }

  private static Problem problem(VolumeSource.LocalBlock volume, String why) {
    return Problem.mount("volume " + volume.volume() + ": " + why);
  }
}
