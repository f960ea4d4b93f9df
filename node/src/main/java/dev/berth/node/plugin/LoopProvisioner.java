package dev.berth.node.plugin;

import dev.berth.core.model.FormatOption;
import dev.berth.core.model.MountOptions;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.LoopImages;
import dev.berth.node.disk.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and removes the images of loop volumes, as {@link ProvisionProtocol} asks for it. The
 * volume object is the intent: an image has its volume's handle as name, so that what was begun is
 * found again. What cannot be is said and nothing is left of it; what nobody knows is tried again.
 */
public final class LoopProvisioner {
  private static final Logger LOG = LoggerFactory.getLogger(LoopProvisioner.class);
  private static final int REPORT_TRIES = 10;

  private final String nodeName;
  private final LoopPools pools;
  private final LoopImages images;
  private final VolumeObjects objects;
  private final ImageOwners owners;
  private final LocalMemory memory;
  private final SpaceReport space;

  /** Tells the world how much is left in a pool of this node; returns when it is told. */
  @FunctionalInterface
  public interface SpaceReport {
    void tell(String pool) throws InterruptedException;
  }

  public LoopProvisioner(
      String nodeName,
      LoopPools pools,
      LoopImages images,
      VolumeObjects objects,
      ImageOwners owners,
      LocalMemory memory,
      SpaceReport space) {
    this.nodeName = nodeName;
    this.pools = pools;
    this.images = images;
    this.objects = objects;
    this.owners = owners;
    this.memory = memory;
    this.space = space;
  }

  /** The pool of a loop volume. */
  public static String pool(PersistentVolume.Csi source) {
    return NodeProvisioner.pool(source.volumeAttributes());
  }

  /** Does what the volume asks of this node now, if anything. */
  public Attempt carryOut(String name, String uid) throws IOException, InterruptedException {
    var seen = find(name, uid);
    if (seen.isEmpty()) {
      return Attempt.DONE;
    }
    var volume = seen.get().volume();
    var source = volume.spec().csi();
    if (source == null) {
      return Attempt.DONE;
    }
    return switch (ProvisionProtocol.of(volume)) {
      case ProvisionProtocol.Requested(var generation) -> make(volume, source, generation);
      case ProvisionProtocol.Cancelled(var generation) -> remove(volume, source, generation);
      case ProvisionProtocol.RemovalRequested(var generation) -> remove(volume, source, generation);
      case ProvisionProtocol.Removing(var generation) -> remove(volume, source, generation);
      case ProvisionProtocol.NotOurs _,
          ProvisionProtocol.Made _,
          ProvisionProtocol.Failed _,
          ProvisionProtocol.Removed _,
          ProvisionProtocol.Unreadable _ ->
          Attempt.DONE;
    };
  }

  /** The volume as it is now, as long as it asks this node for anything. */
  private Optional<VolumeObjects.Seen> find(String name, String uid) {
    return objects
        .find(name)
        .filter(seen -> seen.volume().metadata().uid().equals(uid))
        .filter(
            seen ->
                ProvisionProtocol.isRequestedOf(seen.volume(), nodeName)
                    || ProvisionProtocol.isRemovalRequestedOf(seen.volume(), nodeName));
  }

  private Attempt make(PersistentVolume volume, PersistentVolume.Csi source, long generation)
      throws IOException, InterruptedException {
    var unfit = unfit(volume, source);
    if (unfit.isPresent()) {
      return failed(volume, unfit.get(), generation);
    }
    return switch (pools.find(pool(source))) {
      case LoopPools.Found.Refused(var why, var passing) ->
          passing
              ? Attempt.failed(new Problem(Problem.Reason.PROVISION, about(volume, why)))
              : failed(volume, why, generation);
      case LoopPools.Found.Ready(var directory, _) -> {
        var uid = volume.metadata().uid();
        if (isForeign(uid, directory, source.volumeHandle())) {
          yield failed(
              volume,
              "there is an image %s, which was not made for it: move it away"
                  .formatted(LoopImages.file(directory, source.volumeHandle())),
              generation);
        }
        var made = images.make(directory, source.volumeHandle(), volume.storage().ceiling(), uid);
        yield switch (made) {
          case Outcome.Done _ -> {
            LOG.info("made {}", LoopImages.file(directory, source.volumeHandle()));
            yield report(volume, "", ProvisionProtocol.made(generation));
          }
          case Outcome.Failed(var message, _) -> failed(volume, message, generation);
          case Outcome.ToolMissing(_, var message) -> failed(volume, message, generation);
          case Outcome.Uncertain(var message, _) ->
              new Attempt.Uncertain(new Problem(Problem.Reason.PROVISION, about(volume, message)));
        };
      }
    };
  }

  /** What could never be mounted is not made. */
  private static Optional<String> unfit(PersistentVolume volume, PersistentVolume.Csi source) {
    if (volume.block()) {
      return volume.spec().mountOptions().isEmpty()
          ? Optional.empty()
          : Optional.of("volumeMode is Block: its class's mountOptions cannot be applied");
    }
    var fsType = source.fsType();
    if (fsType != null && !fsType.isEmpty() && FileSystemKind.ofType(fsType).isEmpty()) {
      return Optional.of(
          "file system %s is not supported; expected one of %s"
              .formatted(fsType, FileSystemKind.known()));
    }
    return FormatOption.mistakes(source.volumeAttributes()).stream()
        .map(mistake -> "parameter %s %s".formatted(mistake.parameter(), mistake.why()))
        .findFirst()
        .or(() -> MountOptions.problem(volume.spec().mountOptions()));
  }

  private Attempt failed(PersistentVolume volume, String why, long generation)
      throws InterruptedException {
    LOG.warn("volume {} cannot be made: {}", volume.metadata().name(), why);
    return report(volume, why, ProvisionProtocol.failed(generation));
  }

  private Attempt remove(PersistentVolume volume, PersistentVolume.Csi source, long generation)
      throws IOException, InterruptedException {
    var pool = pools.find(pool(source));
    return switch (pool) {
      case LoopPools.Found.Refused(var why, _) -> stays(volume, why);
      case LoopPools.Found.Ready(Path directory, _) -> {
        var uid = volume.metadata().uid();
        var owner = owners.prepared(uid, directory, source.volumeHandle());
        if (owner.isPresent()) {
          LOG.warn(
              "volume {}: its image is left alone, volume {} has it",
              volume.metadata().name(),
              owner.get());
          yield report(volume, "", ProvisionProtocol.removed(generation));
        }
        if (isForeign(uid, directory, source.volumeHandle())) {
          giveBack(volume, generation);
          yield stays(
              volume,
              ("%s is not removed: it was not made for this volume, and no pod had it with this"
                      + " volume. Move it away if anybody needs it, else remove it; then the volume"
                      + " goes")
                  .formatted(LoopImages.file(directory, source.volumeHandle())));
        }
        if (ProvisionProtocol.of(volume) instanceof ProvisionProtocol.RemovalRequested) {
          yield begin(volume, generation);
        }
        yield switch (images.remove(directory, source.volumeHandle())) {
          case Outcome.Done _ -> {
            // A volume that was made by hand has a new one when it is used again.
            memory.forget(uid);
            LOG.info("removed {}", LoopImages.file(directory, source.volumeHandle()));
            yield report(volume, "", ProvisionProtocol.removed(generation));
          }
          case Outcome.Failed(var message, _) -> {
            giveBack(volume, generation);
            yield stays(volume, message);
          }
          case Outcome.ToolMissing(_, var message) -> stays(volume, message);
          case Outcome.Uncertain(var message, _) -> stays(volume, message);
        };
      }
    };
  }

  /**
   * Whether an image is there that is not the volume's. What its object says is no proof: it may
   * have been written by hand, or brought from another cluster together with its annotations.
   */
  private boolean isForeign(String uid, Path directory, String image) throws IOException {
    return images.sizeBytes(directory, image).isPresent()
        && !owners.hasPrepared(uid, directory, image)
        && images.madeFor(directory, image).filter(uid::equals).isEmpty();
  }

  /** From here on its administrator cannot have it kept any more. */
  private Attempt begin(PersistentVolume volume, long generation)
      throws IOException, InterruptedException {
    var metadata = volume.metadata();
    var asked = ProvisionProtocol.of(volume);
    for (var i = 0; i < REPORT_TRIES; i++) {
      var seen = find(metadata.name(), metadata.uid());
      if (seen.isEmpty()) {
        return Attempt.DONE;
      }
      if (!ProvisionProtocol.of(seen.get().volume()).equals(asked)
          || objects.reportProvision(seen.get(), ProvisionProtocol.removing(generation))) {
        return carryOut(metadata.name(), metadata.uid());
      }
    }
    return tooFast(volume);
  }

  /** Nothing of it was destroyed: it can be kept again. */
  private void giveBack(PersistentVolume volume, long generation) {
    find(volume.metadata().name(), volume.metadata().uid())
        .filter(seen -> ProvisionProtocol.of(seen.volume()) instanceof ProvisionProtocol.Removing)
        .ifPresent(seen -> objects.reportProvision(seen, ProvisionProtocol.removal(generation)));
  }

  private static Attempt tooFast(PersistentVolume volume) {
    return Attempt.failed(
        new Problem(
            Problem.Reason.PROVISION,
            about(volume, "it changes too fast to answer; this is tried again")));
  }

  private Attempt stays(PersistentVolume volume, String why) {
    find(volume.metadata().name(), volume.metadata().uid())
        .ifPresent(seen -> objects.reportWipeState(seen, why));
    return Attempt.failed(new Problem(Problem.Reason.WIPE, about(volume, why)));
  }

  /**
   * Answers whatever the volume has become meanwhile, as long as it still asks the same. What is
   * left in its pool is told before: until the answer the volume counts as taken.
   */
  private Attempt report(PersistentVolume volume, String message, String answer)
      throws InterruptedException {
    var asked = ProvisionProtocol.of(volume);
    var source = volume.spec().csi();
    if (source != null) {
      space.tell(pool(source));
    }
    for (var i = 0; i < REPORT_TRIES; i++) {
      var seen =
          find(volume.metadata().name(), volume.metadata().uid())
              .filter(found -> ProvisionProtocol.of(found.volume()).equals(asked));
      if (seen.isEmpty()) {
        return Attempt.DONE;
      }
      var said = seen.get().volume().status().message();
      if (!message.equals(said == null ? "" : said)) {
        objects.reportWipeState(seen.get(), message);
      } else if (objects.reportProvision(seen.get(), answer)) {
        return Attempt.DONE;
      }
    }
    return tooFast(volume);
  }

  /** What an outcome that is not success means for a volume that is not there yet. */
  static Attempt attempt(Outcome outcome, Problem problem) {
    return switch (outcome) {
      case Outcome.Done _ -> Attempt.DONE;
      case Outcome.Failed _, Outcome.ToolMissing _ -> Attempt.failed(problem);
      case Outcome.Uncertain _ -> new Attempt.Uncertain(problem);
    };
  }

  private static String about(PersistentVolume volume, String why) {
    return "volume " + volume.metadata().name() + ": " + why;
  }
}
