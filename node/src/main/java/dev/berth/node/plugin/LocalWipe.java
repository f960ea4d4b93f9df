package dev.berth.node.plugin;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceIdentity;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.ProbeResult;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.disk.VolumeGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Destroys the data of released local volumes of this node, as {@link WipeProtocol} asks for it.
 * Only ever the disk that this node knows by the volume, or that carries the volume's UUID: a
 * volume that was never mounted has nothing to wipe, whatever is on the disk that it names.
 *
 * <p>Nothing of the volume may be mounted, which the caller sees to; the kernel is asked as well.
 */
public final class LocalWipe {
  private static final Logger LOG = LoggerFactory.getLogger(LocalWipe.class);
  private static final int REPORT_TRIES = 10;

  private final String nodeName;
  private final DiskTools disks;
  private final MountTools tools;
  private final LocalDirectories directories;
  private final LocalPlaces places;
  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final KnownDisks memory;
  private final WipeGauge gauge;
  private final InstantSource clock;

  public LocalWipe(
      String nodeName,
      DiskTools disks,
      MountTools tools,
      LocalDirectories directories,
      LocalPlaces places,
      VolumeObjects objects,
      VolumePaths paths,
      WipeGauge gauge,
      InstantSource clock) {
    this.nodeName = nodeName;
    this.disks = disks;
    this.tools = tools;
    this.directories = directories;
    this.places = places;
    this.objects = objects;
    this.paths = paths;
    this.memory = new KnownDisks(paths);
    this.gauge = gauge;
    this.clock = clock;
  }

  /**
   * How far the wipe of one generation has come.
   *
   * @param wiped whether all data is gone and only the message is missing
   */
  record Note(long generation, DeviceIdentity device, boolean wiped) {}

  /** Wipes the volume, if that is still asked for, and says so. */
  public Attempt wipe(String name, String uid, long generation)
      throws IOException, InterruptedException {
    var seen = objects.find(name).filter(found -> stillAsked(found.volume(), uid, generation));
    if (seen.isEmpty()) {
      return Attempt.DONE;
    }
    var local = seen.get().volume().spec().local();
    if (local == null) {
      return refused(seen.get(), "volume " + name + " is not local: its data cannot be wiped here");
    }
    var begun =
        SyncedJson.read(noteFile(uid), Note.class).filter(note -> note.generation() == generation);
    if (begun.isPresent() && wiped(begun.get())) {
      // Wherever that disk is now, and whatever is in its place.
      return finish(seen.get(), begun.get().device(), generation);
    }
    var path = Path.of(local.path());
    return switch (places.find(path)) {
      case DeviceLookup.Found(var device) -> {
        var other = disks.inHand().take(device, name);
        if (other.isPresent()) {
          yield refused(seen.get(), other.get());
        }
        try {
          yield wipeDisk(seen.get(), device, begun, generation);
        } finally {
          disks.inHand().giveBack(device);
        }
      }
      case DeviceLookup.NotBlockDevice(_, var directory, var reason) ->
          directory ? wipeDirectory(seen.get(), path, generation) : refused(seen.get(), reason);
      case DeviceLookup.Missing(_, var reason) ->
          unused(seen.get())
              ? nothingToWipe(name, uid, generation)
              : refused(seen.get(), reason + "; connect the disk, its data has to be wiped");
    };
  }

  private boolean stillAsked(PersistentVolume volume, String uid, long generation) {
    return volume.metadata().uid().equals(uid)
        && WipeProtocol.isRequestedOf(volume, nodeName)
        && WipeProtocol.of(volume) instanceof WipeProtocol.Requested(var asked)
        && asked == generation;
  }

  /** Whether all of the disk's data was destroyed, though that was perhaps not told any more. */
  private boolean wiped(Note note) throws IOException {
    return note.wiped()
        || disks
            .journal()
            .wipeOf(note.device())
            .filter(wipe -> wipe.complete() && wipe.generation() == note.generation())
            .isPresent();
  }

  private Attempt wipeDisk(
      VolumeObjects.Seen seen, BlockDevice device, Optional<Note> begun, long generation)
      throws IOException, InterruptedException {
    var uid = seen.volume().metadata().uid();
    if (begun.isPresent()) {
      var other = DiskIdentities.contradiction(begun.get().device(), device.identity());
      if (other.isPresent()) {
        return refused(
            seen,
            "the wipe of another disk was begun: %s; connect that disk again, its data has to be"
                    .formatted(other.get())
                + " wiped");
      }
    } else {
      if (unused(seen)) {
        return nothingToWipe(seen.volume().metadata().name(), uid, generation);
      }
      var stranger = stranger(seen, device);
      if (stranger.isPresent()) {
        return refused(seen, stranger.get());
      }
    }
    var used = disks.devices().use(device).inUse();
    if (used.isPresent()) {
      return refused(seen, "the disk " + device + " is not wiped: " + used.get());
    }
    if (begun.isPresent()) {
      // Nothing on it proves any more whose it is.
      var other = memory.otherOf(uid, device.identity());
      if (other.isPresent()) {
        return refused(seen, shared(device, other.get()));
      }
    } else {
      SyncedJson.write(noteFile(uid), new Note(generation, device.identity(), false));
    }
    LOG.info("volume {}: wiping {}", seen.volume().metadata().name(), device);
    objects.reportWipeState(seen, "its data is being wiped from " + device);
    var outcome = destroy(seen.volume(), device, generation);
    return switch (outcome) {
      case Outcome.Done _ -> finish(seen, device.identity(), generation);
      case Outcome.Failed(var message, _) ->
          find(seen.volume(), generation).isEmpty()
              ? Attempt.DONE
              : refused(seen, message + advice(seen.volume()));
      case Outcome.ToolMissing(_, var message) -> refused(seen, message);
      case Outcome.Uncertain(var message, _) ->
          new Attempt.Uncertain(new Problem(Problem.Reason.WIPE, message));
    };
  }

  private static String shared(BlockDevice device, String uid) {
    return ("the disk %s is not wiped: it is the disk of another volume, too (uid %s). Delete the one"
            + " that has nothing on it, or set the reclaim policy to Retain")
        .formatted(device, uid);
  }

  /** Not every device can do what its class asks for. */
  private static String advice(PersistentVolume volume) {
    return WipeProtocol.method(volume) == WipeMethod.DISCARD
        ? "; if the device cannot discard: kubectl annotate --overwrite pv %s %s=%s"
            .formatted(volume.metadata().name(), WipeMethod.ANNOTATION, WipeMethod.DEFAULT.word())
        : "";
  }

  private Outcome destroy(PersistentVolume volume, BlockDevice device, long generation)
      throws IOException, InterruptedException {
    var name = volume.metadata().name();
    var report = new WipeReport(name, () -> find(volume, generation), objects, gauge, clock);
    try {
      return disks.wipe().wipe(device, generation, WipeProtocol.method(volume), report);
    } finally {
      gauge.ended(name);
    }
  }

  /** The volume as it is now, if this wipe is still asked for. */
  private Optional<VolumeObjects.Seen> find(PersistentVolume volume, long generation) {
    return objects
        .find(volume.metadata().name())
        .filter(found -> stillAsked(found.volume(), volume.metadata().uid(), generation))
        .filter(found -> WipeProtocol.method(found.volume()) == WipeProtocol.method(volume));
  }

  /**
   * Whether no pod ever saw the volume, so that there is no data of it anywhere: its UUID is
   * committed, and its disk remembered, before the first one does.
   */
  private boolean unused(VolumeObjects.Seen seen) throws IOException {
    var uid = seen.volume().metadata().uid();
    return seen.fsUuid().isEmpty() && memory.of(uid).isEmpty() && !directories.used(uid);
  }

  /**
   * Why the disk is not the one that held the volume's data. The annotation alone proves nothing:
   * anybody can write it, or bring it from another cluster. It counts when this node remembers the
   * disk, or when the UUID is the volume's own uid, which no file system had before the volume.
   */
  private Optional<String> stranger(VolumeObjects.Seen seen, BlockDevice device)
      throws IOException, InterruptedException {
    var known = memory.of(seen.volume().metadata().uid());
    if (known.isPresent()) {
      var other = DiskIdentities.contradiction(known.get().device(), device.identity());
      if (other.isPresent()) {
        return Optional.of(
            "the disk %s is not the one that held the data: %s".formatted(device, other.get()));
      }
    }
    if (known.isPresent() && known.get().fsUuid().isEmpty()) {
      var other = memory.otherOf(known.get().uid(), device.identity());
      if (other.isPresent()) {
        return Optional.of(shared(device, other.get()));
      }
      return known.get().device().sameDevice(device.identity())
          ? Optional.empty()
          : Optional.of(
              "the disk %s is not wiped: it has no serial number or WWN by which it could be told to"
                      .formatted(device)
                  + " be the volume's raw device; wipe it by hand, or set the reclaim policy to"
                  + " Retain");
    }
    var expected = seen.fsUuid().or(() -> known.map(KnownDisk::fsUuid));
    var own = expected.filter(seen.volume().metadata().uid()::equalsIgnoreCase).isPresent();
    if (known.isEmpty() && !own) {
      return Optional.of(
          ("the disk %s is not wiped: this node never mounted it for this volume, and that its"
                  + " annotation %s says %s is no proof. Set the reclaim policy to Retain, and erase"
                  + " the disk by hand if nothing on it is needed")
              .formatted(device, VolumeObjects.FS_UUID, expected.orElse("nothing")));
    }
    var probe = disks.fileSystems().probe(device);
    var same =
        probe instanceof ProbeResult.Content content
            && expected.filter(content.uuid()::equalsIgnoreCase).isPresent();
    var twin =
        memory.otherWith(seen.volume().metadata().uid(), expected.orElse(""), device.identity());
    if (same && twin.isPresent()) {
      return Optional.of(shared(device, twin.get()));
    }
    return same
        ? Optional.empty()
        : Optional.of(
            "the disk %s is not wiped: expected the volume's file system with UUID %s, found %s;"
                    .formatted(device, expected.orElse("(none recorded)"), probe.text())
                + " connect the right disk, or set the reclaim policy to Retain");
  }

  private Attempt finish(VolumeObjects.Seen seen, DeviceIdentity disk, long generation)
      throws IOException {
    var uid = seen.volume().metadata().uid();
    SyncedJson.write(noteFile(uid), new Note(generation, disk, true));
    disks.journal().forget(UUID.fromString(uid));
    memory.forget(uid);
    return report(seen.volume().metadata().name(), uid, generation);
  }

  private Attempt wipeDirectory(VolumeObjects.Seen seen, Path path, long generation)
      throws IOException, InterruptedException {
    var volume = seen.volume();
    var uid = volume.metadata().uid();
    var local =
        new VolumeSource.Local(volume.metadata().name(), uid, path, "", 0, List.of(), false);
    return switch (directories.look(local)) {
      case VolumeGuard.Finding.Own _ ->
          switch (tools.removal().removeContents(path, SafeRemoval.Immutable.CLEAR)) {
            case SafeRemoval.Result.Removed(var files, var removed) -> {
              LOG.info(
                  "volume {}: removed {} files and {} directories from {}",
                  volume.metadata().name(),
                  files,
                  removed,
                  path);
              directories.forget(path, uid);
              yield report(volume.metadata().name(), uid, generation);
            }
            case SafeRemoval.Result.StoppedAtMount(_, var message) -> refused(seen, message);
            case SafeRemoval.Result.Failed(_, var message) -> refused(seen, message);
          };
      case VolumeGuard.Finding.Unmarked _ ->
          unused(seen)
              ? nothingToWipe(volume.metadata().name(), uid, generation)
              : refused(seen, path + " does not carry the volume's mark; mount the right disk");
      case VolumeGuard.Finding.Foreign(_, var message) ->
          unused(seen)
              ? nothingToWipe(volume.metadata().name(), uid, generation)
              : refused(seen, message);
      case VolumeGuard.Finding.NotMounted(var message) ->
          unused(seen)
              ? nothingToWipe(volume.metadata().name(), uid, generation)
              : refused(seen, message);
      case VolumeGuard.Finding.Missing(var message) ->
          unused(seen)
              ? nothingToWipe(volume.metadata().name(), uid, generation)
              : refused(seen, message);
      case VolumeGuard.Finding.Unknown(var message) -> refused(seen, message);
    };
  }

  private Attempt report(String name, String uid, long generation) {
    return report(name, uid, generation, true);
  }

  private Attempt nothingToWipe(String name, String uid, long generation) {
    LOG.info("volume {} never had a disk here: nothing is wiped", name);
    return report(name, uid, generation, false);
  }

  /** Says that no data is left, to whatever the volume has become meanwhile. */
  private Attempt report(String name, String uid, long generation, boolean used) {
    for (var i = 0; i < REPORT_TRIES; i++) {
      var seen = objects.find(name).filter(found -> stillAsked(found.volume(), uid, generation));
      if (seen.isEmpty()) {
        return Attempt.DONE;
      }
      if (seen.get().volume().status().message() != null) {
        objects.reportWipeState(seen.get(), "");
      } else if (objects.reportWiped(seen.get(), generation, used)) {
        return Attempt.DONE;
      }
    }
    return Attempt.failed(
        new Problem(
            Problem.Reason.WIPE,
            "volume %s is wiped, but changes too fast to say so; this is tried again"
                .formatted(name)));
  }

  private Attempt refused(VolumeObjects.Seen seen, String message) {
    var text = "volume " + seen.volume().metadata().name() + ": " + message;
    objects.reportWipeState(seen, text);
    return Attempt.failed(new Problem(Problem.Reason.WIPE, text));
  }

  private Path noteFile(String uid) {
    return paths.remembered(LocalVolumes.NAME, LocalMemory.WIPES).resolve(uid + LocalMemory.FILE);
  }
}
