package dev.berth.node.plugin;

import dev.berth.node.disk.VolumeGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Directories as local volumes. A directory is not a disk: it must be a mount point and carry the
 * volume's mark, so that nothing is written to the root disk when the mount is gone.
 */
public final class LocalDirectories {
  private static final Logger LOG = LoggerFactory.getLogger(LocalDirectories.class);

  private final VolumeGuard guard;
  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final boolean plainAllowed;

  /**
   * @param plainAllowed whether the configuration allows directories that are no mount points
   *     (allowPlainDirectories)
   */
  public LocalDirectories(
      VolumeGuard guard, VolumeObjects objects, VolumePaths paths, boolean plainAllowed) {
    this.guard = guard;
    this.objects = objects;
    this.paths = paths;
    this.plainAllowed = plainAllowed;
  }

  /** Makes sure that the directory is the volume's, marking it the first time. */
  Attempt stage(VolumeSource.Local volume) throws IOException, InterruptedException {
    if (!volume.mountOptions().isEmpty()) {
      return Attempt.failed(
          Problem.mount(
              "volume %s is a directory, which is mounted already: its mountOptions %s cannot be"
                      .formatted(volume.volume(), volume.mountOptions())
                  + " applied; remove them from the volume"));
    }
    var uid = UUID.fromString(volume.uid());
    return switch (guard.look(volume.path(), uid, plainAllowed)) {
      case VolumeGuard.Finding.Own _ -> {
        if (!used(volume.uid())) {
          // Marked by a process that died before it could remember.
          remember(volume);
        }
        yield Attempt.DONE;
      }
      case VolumeGuard.Finding.Unmarked _ -> known(volume) ? lost(volume) : take(volume, uid);
      case VolumeGuard.Finding.Foreign(var owner, var message) -> {
        if (known(volume) || !objects.ownersOf(owner).isEmpty()) {
          yield Attempt.failed(Problem.mismatch(about(volume, message)));
        }
        LOG.info(
            "volume {}: {} belonged to the volume with uid {}, which does not exist any more",
            volume.volume(),
            volume.path(),
            owner);
        guard.unmark(volume.path());
        yield take(volume, uid);
      }
      case VolumeGuard.Finding.NotMounted(var message) ->
          Attempt.failed(Problem.mount(about(volume, message)));
      case VolumeGuard.Finding.Missing(var message) ->
          Attempt.failed(Problem.mount(about(volume, message)));
      case VolumeGuard.Finding.Unknown(var message) ->
          Attempt.failed(Problem.mount(about(volume, message)));
    };
  }

  /** Tells people about a volume, if it is still there. */
  void tell(String volume, String reason, String message) {
    objects.find(volume).ifPresent(seen -> objects.tell(seen, reason, message));
  }

  /** From now on the directory is this volume's, and the volume is on this directory only. */
  private Attempt take(VolumeSource.Local volume, UUID uid) throws IOException {
    try {
      objects.findForUse(volume.volume(), volume.uid());
    } catch (VolumeObjects.NotForUse e) {
      return Attempt.failed(e.problem());
    }
    // The other way round, a death in between would leave a directory that is remembered as the
    // volume's and does not say so: refused for ever as another one.
    guard.mark(volume.path(), uid);
    remember(volume);
    return Attempt.DONE;
  }

  private void remember(VolumeSource.Local volume) throws IOException {
    SyncedJson.write(knownFile(volume.uid()), new KnownDirectory(volume.path().toString()));
  }

  /** What this node remembers of a volume on a directory. */
  record KnownDirectory(String path) {}

  /** Whether the volume had a directory, or a disk, on this node before. */
  private boolean known(VolumeSource.Local volume) throws IOException {
    return used(volume.uid())
        || objects.find(volume.volume()).flatMap(VolumeObjects.Seen::fsUuid).isPresent();
  }

  /** Whether this node ever gave the volume's directory to a pod. */
  boolean used(String uid) throws IOException {
    return SyncedJson.read(knownFile(uid), KnownDirectory.class).isPresent();
  }

  private static Attempt lost(VolumeSource.Local volume) {
    return Attempt.failed(Problem.mismatch(unmarked(volume)));
  }

  private static String unmarked(VolumeSource.Local volume) {
    return "volume %s: what is mounted at %s does not carry the volume's mark (%s); mount the right"
            .formatted(volume.volume(), volume.path(), VolumeGuard.ATTRIBUTE)
        + " disk";
  }

  /** Forgets the volume: its data is gone. */
  void forget(Path directory, String uid) throws IOException {
    // In this order for the same reason as in take.
    SyncedJson.delete(knownFile(uid));
    guard.unmark(directory);
  }

  /** What the directory is for the volume. */
  VolumeGuard.Finding look(VolumeSource.Local volume) throws IOException, InterruptedException {
    return guard.look(volume.path(), UUID.fromString(volume.uid()), plainAllowed);
  }

  private Path knownFile(String uid) {
    return paths
        .remembered(LocalVolumes.NAME, LocalMemory.DIRECTORIES)
        .resolve(uid + LocalMemory.FILE);
  }

  /** Whether the directory still is the volume's. */
  Optional<Problem> verify(VolumeSource.Local volume) throws IOException, InterruptedException {
    return switch (look(volume)) {
      case VolumeGuard.Finding.Own _ -> Optional.empty();
      case VolumeGuard.Finding.Unmarked _ -> Optional.of(Problem.mismatch(unmarked(volume)));
      case VolumeGuard.Finding.Foreign(_, var message) ->
          Optional.of(Problem.mismatch(about(volume, message)));
      case VolumeGuard.Finding.NotMounted(var message) ->
          Optional.of(Problem.mount(about(volume, message)));
      case VolumeGuard.Finding.Missing(var message) ->
          Optional.of(Problem.mount(about(volume, message)));
      case VolumeGuard.Finding.Unknown(var message) ->
          Optional.of(Problem.mount(about(volume, message)));
    };
  }

  private static String about(VolumeSource.Local volume, String message) {
    return "volume " + volume.volume() + ": " + message;
  }
}
