package dev.berth.node.volume;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The world as this process knows it: which volumes are there or may be, what is being done to
 * them, what failed and when it may be tried again. Owned by one thread; changed only by the
 * beginning and the end of operations.
 */
final class ActualVolumes {

  /** How long it may take until whoever asked for something sees that it is done. */
  private static final Duration SEEN = Duration.ofSeconds(1);

  /** A volume that is or may be there for the node. */
  record Staged(StagedVolume volume, MountState state) {

    /** Whether it is, or could be, the life of the volume with this uid. */
    boolean mayBe(String uid) {
      return volume.uid().isEmpty() || volume.uid().equals(uid);
    }
  }

  /**
   * A volume that is or may be there for a pod.
   *
   * @param content what was written last, see {@link VolumeSource#content}
   */
  record Published(PublishedVolume volume, MountState state, String content) {}

  private final Map<VolumeId, Staged> staged = new LinkedHashMap<>();
  private final Map<PublishedVolume.Key, Published> published = new LinkedHashMap<>();

  /** The same by volume and by pod: every decision asks for each of hundreds of both. */
  private final Map<VolumeId, Set<PublishedVolume.Key>> podsOf = new HashMap<>();

  private final Map<String, Set<PublishedVolume.Key>> volumesOf = new HashMap<>();
  private final Map<VolumeId, VolumeOperation> running = new HashMap<>();
  private final Set<VolumeId> unsettled = new HashSet<>();
  private final Map<VolumeOperation.Key, Backoff> backoffs = new HashMap<>();
  private final Map<VolumeOperation.Key, Attempt> failures = new HashMap<>();

  /** What was done about the growth of a volume since it was prepared. */
  private final Map<VolumeId, GrowthRequest> grown = new HashMap<>();

  /** What was done and may still be asked for; when it is looked at again. */
  private final Map<VolumeOperation, Instant> answered = new HashMap<>();

  /** Takes over what was found at the start. */
  void found(StagedVolume volume, MountState state) {
    staged.put(volume.id(), new Staged(volume, state));
  }

  /** Takes over what was found at the start. */
  void found(PublishedVolume volume, MountState state) {
    var key = volume.key();
    published.put(key, new Published(volume, state, ""));
    podsOf.computeIfAbsent(key.id(), _ -> new LinkedHashSet<>()).add(key);
    volumesOf.computeIfAbsent(key.podUid(), _ -> new LinkedHashSet<>()).add(key);
  }

  private void gone(PublishedVolume.Key key) {
    published.remove(key);
    without(podsOf, key.id(), key);
    without(volumesOf, key.podUid(), key);
  }

  private static <T> void without(
      Map<T, Set<PublishedVolume.Key>> index, T of, PublishedVolume.Key key) {
    index.computeIfPresent(
        of,
        (_, keys) -> {
          keys.remove(key);
          return keys.isEmpty() ? null : keys;
        });
  }

  Optional<Staged> staged(VolumeId volume) {
    return Optional.ofNullable(staged.get(volume));
  }

  Collection<Staged> staged() {
    return staged.values();
  }

  Optional<Published> published(PublishedVolume.Key key) {
    return Optional.ofNullable(published.get(key));
  }

  Collection<Published> published() {
    return published.values();
  }

  /** What the pod has, or may have. */
  List<Published> publishedTo(String podUid) {
    return volumesOf.getOrDefault(podUid, Set.of()).stream()
        .flatMap(key -> published(key).stream())
        .toList();
  }

  /** Another pod that has the volume, or may have it. */
  Optional<PodRef> publishedToOther(VolumeId volume, String podUid) {
    return podsOf.getOrDefault(volume, Set.of()).stream()
        .filter(key -> !key.podUid().equals(podUid))
        .flatMap(key -> published(key).stream())
        .map(other -> other.volume().pod())
        .findFirst();
  }

  /** Whether all was done that can be, as long as the volume stays mounted. */
  boolean grown(VolumeId volume, GrowthRequest request) {
    return request.equals(grown.get(volume));
  }

  boolean publishedAnywhere(VolumeId volume) {
    return podsOf.containsKey(volume);
  }

  /** Nothing is under way for the volume, and nothing abandoned may still take effect. */
  boolean idle(VolumeId volume) {
    return !running.containsKey(volume) && !unsettled.contains(volume);
  }

  Optional<VolumeOperation> running(VolumeId volume) {
    return Optional.ofNullable(running.get(volume));
  }

  Collection<VolumeOperation> running() {
    return running.values();
  }

  /** Volumes on which an abandoned child process may still do something. */
  Set<VolumeId> unsettled() {
    return Set.copyOf(unsettled);
  }

  private Backoff backoff(VolumeOperation.Key operation) {
    return backoffs.getOrDefault(operation, Backoff.NONE);
  }

  /** When the operation may be begun. */
  Instant notBefore(VolumeOperation operation) {
    var failed = backoff(operation.key()).notBefore();
    var seen = answered.getOrDefault(operation, Instant.MIN);
    return failed.isAfter(seen) ? failed : seen;
  }

  /** How the operation ended last, unless it succeeded. */
  Optional<Attempt> failure(VolumeOperation.Key operation) {
    return Optional.ofNullable(failures.get(operation));
  }

  /** An operation has been started. Whatever it changes is uncertain until it ends. */
  void begun(VolumeOperation operation, MountState.Uncertain underWay) {
    var before = running.putIfAbsent(operation.volume(), operation);
    if (before != null || unsettled.contains(operation.volume())) {
      throw new IllegalStateException(
          operation + " begun while " + operation.volume() + " is busy with " + before);
    }
    switch (operation) {
      case VolumeOperation.Stage(var wanted) -> found(wanted.staged(), underWay);
      case VolumeOperation.Publish(var wanted) -> found(wanted.published(), underWay);
      case VolumeOperation.Refresh _ -> {}
      case VolumeOperation.Grow _ -> {}
      case VolumeOperation.Provision _ -> {}
      case VolumeOperation.Unpublish(var from) -> found(from, underWay);
      case VolumeOperation.Unstage(var from) -> found(from, underWay);
      case VolumeOperation.Wipe _ -> {}
    }
  }

  /**
   * An operation has ended.
   *
   * @param settled false when a child process of it was abandoned and may still take effect: then
   *     nothing is begun on the volume before {@link #settled}
   */
  void ended(VolumeOperation operation, Attempt attempt, boolean settled, Instant now) {
    running.remove(operation.volume());
    if (!settled) {
      unsettled.add(operation.volume());
    }
    switch (attempt) {
      case Attempt.Done _ -> {
        backoffs.remove(operation.key());
        failures.remove(operation.key());
      }
      case Attempt.Failed _, Attempt.Uncertain _ -> {
        backoffs.put(operation.key(), backoff(operation.key()).failed(now));
        failures.put(operation.key(), attempt);
      }
    }
    switch (operation) {
      case VolumeOperation.Stage(var wanted) -> {
        grown.remove(wanted.id());
        become(wanted.staged(), after(attempt, true));
      }
      case VolumeOperation.Grow(var wanted, var request) -> {
        if (attempt instanceof Attempt.Done) {
          grown.put(wanted.id(), request);
        }
      }
      case VolumeOperation.Provision _, VolumeOperation.Wipe _ -> {
        answered.values().removeIf(until -> !until.isAfter(now));
        if (attempt instanceof Attempt.Done) {
          answered.put(operation, now.plus(SEEN));
        }
      }
      case VolumeOperation.Publish(var wanted) -> {
        become(wanted.published(), after(attempt, true));
        written(wanted, attempt);
      }
      case VolumeOperation.Refresh(var wanted) -> written(wanted, attempt);
      case VolumeOperation.Unpublish(var from) -> become(from, after(attempt, false));
      case VolumeOperation.Unstage(var from) -> {
        grown.remove(from.id());
        become(from, after(attempt, false));
      }
    }
  }

  /**
   * The abandoned children of the volume have ended: the next operation finds out what they did.
   */
  void settled(VolumeId volume) {
    unsettled.remove(volume);
    urge(volume);
  }

  /** Nothing that concerns the volume need wait any longer. */
  void urge(VolumeId volume) {
    backoffs.keySet().removeIf(key -> key.volume().equals(volume));
    answered.keySet().removeIf(operation -> operation.volume().equals(volume));
  }

  /** Forgets the failures of an operation that nobody wants any more. */
  void forget(VolumeOperation.Key operation) {
    backoffs.remove(operation);
    failures.remove(operation);
  }

  /** All operations that failed last time. */
  Set<VolumeOperation.Key> failed() {
    return Set.copyOf(failures.keySet());
  }

  /** What an operation that makes a volume appear, or disappear, leaves behind. */
  private static Optional<MountState> after(Attempt attempt, boolean appears) {
    return switch (attempt) {
      case Attempt.Done _ -> appears ? Optional.of(MountState.MOUNTED) : Optional.empty();
      case Attempt.Failed(var problem, var present) ->
          present ? Optional.of(new MountState.Uncertain(problem)) : Optional.empty();
      case Attempt.Uncertain(var problem) -> Optional.of(new MountState.Uncertain(problem));
    };
  }

  /** A volume that could not be written anew shows what it showed before. */
  private void written(PodVolume volume, Attempt attempt) {
    if (attempt instanceof Attempt.Done) {
      published.computeIfPresent(
          volume.published().key(),
          (key, entry) -> new Published(entry.volume(), entry.state(), volume.source().content()));
    }
  }

  private void become(StagedVolume volume, Optional<MountState> state) {
    state.ifPresentOrElse(known -> found(volume, known), () -> staged.remove(volume.id()));
  }

  private void become(PublishedVolume volume, Optional<MountState> state) {
    state.ifPresentOrElse(known -> found(volume, known), () -> gone(volume.key()));
  }
}
