package dev.berth.node.volume;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.VolumeId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The state machine of the volume manager: what is wanted, what is there, and what to do next. One
 * thread owns it; it waits for nothing and reads no clock.
 */
final class VolumeWorld {
  /** Whoever waits for an operation is told so when it takes longer. */
  static final Duration SLOW = Duration.ofSeconds(5);

  private final DesiredVolumes desired = new DesiredVolumes();
  private final ActualVolumes actual = new ActualVolumes();
  private final Predicate<VolumeId> stages;
  private final Function<PodVolume, Path> hostPath;
  private final Map<VolumeId, Instant> begun = new HashMap<>();
  private Instant decided = Instant.MIN;

  /**
   * @param stages whether volumes of this kind are prepared for the node before pods get them
   * @param hostPath what containers get of a volume
   */
  VolumeWorld(Predicate<VolumeId> stages, Function<PodVolume, Path> hostPath) {
    this.stages = stages;
    this.hostPath = hostPath;
  }

  /** Takes over what was found at the start: nothing of it is certain. */
  void found(Reconstruction found) {
    var why = new MountState.Uncertain(Problem.mount("found at the start, not yet examined"));
    found.staged().forEach(volume -> actual.found(volume, why));
    found.published().forEach(volume -> actual.found(volume, why));
  }

  /** Learns what happened. */
  void learn(VolumeEvent event, Instant now) {
    switch (event) {
      case VolumeEvent.Demanded(var demand) -> desired.demand(demand);
      case VolumeEvent.Released(var podUid) -> desired.release(podUid);
      case VolumeEvent.AllKnown() -> desired.completed();
      case VolumeEvent.WipesRequested(var requests) -> desired.wipes(requests);
      case VolumeEvent.ProvisionsRequested(var requests) -> desired.provisions(requests);
      case VolumeEvent.GrowthsRequested(var requests) -> desired.growths(requests);
      case VolumeEvent.Urged(var volume) -> actual.urge(volume);
      case VolumeEvent.InUseReported(var report) -> desired.reports().landed(report);
      case VolumeEvent.Ended(var operation, var attempt, var settled) -> {
        begun.remove(operation.volume());
        actual.ended(operation, attempt, settled, now);
      }
      case VolumeEvent.Settled(var volume) -> actual.settled(volume);
      case VolumeEvent.Suspected(var volume, var problem) -> suspect(volume, problem);
      case VolumeEvent.Seen(var mounted) -> seen(mounted);
      case VolumeEvent.Tick() -> {}
    }
  }

  /** A mount that nobody here has made is taken over, to be used or taken away. */
  private void seen(Reconstruction mounted) {
    var why = new MountState.Uncertain(Problem.mount("found mounted, not made by this process"));
    for (var volume : mounted.staged()) {
      if (actual.idle(volume.id()) && actual.staged(volume.id()).isEmpty()) {
        actual.found(volume, why);
      }
    }
    for (var volume : mounted.published()) {
      if (actual.idle(volume.id()) && actual.published(volume.key()).isEmpty()) {
        actual.found(volume, why);
      }
    }
  }

  /** Doubt about a volume: it is examined again before anybody gets it. */
  private void suspect(PublishedVolume volume, Problem problem) {
    if (!actual.idle(volume.id())) {
      return;
    }
    var why = new MountState.Uncertain(problem);
    actual
        .staged(volume.id())
        .filter(entry -> entry.volume().uid().equals(volume.uid()))
        .ifPresent(entry -> actual.found(entry.volume(), why));
    actual.published(volume.key()).ifPresent(entry -> actual.found(entry.volume(), why));
  }

  /** Decides what to do now; the operations of the answer count as begun. */
  NodeReconciler.Decision decide(Instant now) {
    decided = now;
    forgetUnwanted();
    var decision = NodeReconciler.decide(desired, actual, stages, now);
    for (var operation : decision.start()) {
      var before =
          actual
              .failure(operation.key())
              .flatMap(VolumeWorld::problem)
              .orElse(Problem.mount("an operation is under way"));
      actual.begun(operation, new MountState.Uncertain(before));
      begun.put(operation.volume(), now);
    }
    return decision.wakeBy(slowNext());
  }

  /** When the next of the operations under way becomes a slow one. */
  private Optional<Instant> slowNext() {
    return begun.values().stream()
        .map(since -> since.plus(SLOW))
        .filter(decided::isBefore)
        .min(Comparator.naturalOrder());
  }

  /** That the operation under way on the volume takes long, if it does. */
  private Optional<String> slow(VolumeId volume) {
    var since = Optional.ofNullable(begun.get(volume));
    if (since.isEmpty() || since.get().plus(SLOW).isAfter(decided)) {
      return Optional.empty();
    }
    return actual
        .running(volume)
        .map(
            operation ->
                "volume %s: no answer to its %s, which began at %s: its disk, file system or server"
                        .formatted(
                            volume.name(),
                            operation.key().kind(),
                            since.get().truncatedTo(ChronoUnit.SECONDS))
                    + " is slow, or hangs; look at the kernel log (dmesg)");
  }

  /** What failed for pods and requests that are gone is of no interest any more. */
  private void forgetUnwanted() {
    if (actual.failed().isEmpty()) {
      return;
    }
    var wanted = new HashSet<VolumeOperation.Key>();
    for (var volume : desired.wanted()) {
      wanted.add(new VolumeOperation.Stage(volume).key());
      wanted.add(new VolumeOperation.Publish(volume).key());
      wanted.add(new VolumeOperation.Refresh(volume).key());
      desired.growths().stream()
          .filter(request -> request.volume().equals(volume.id().name()))
          .forEach(request -> wanted.add(new VolumeOperation.Grow(volume, request).key()));
    }
    actual.staged().forEach(e -> wanted.add(new VolumeOperation.Unstage(e.volume()).key()));
    actual.published().forEach(e -> wanted.add(new VolumeOperation.Unpublish(e.volume()).key()));
    desired.wipes().forEach(request -> wanted.add(new VolumeOperation.Wipe(request).key()));
    desired.provisions().forEach(r -> wanted.add(new VolumeOperation.Provision(r).key()));
    actual.running().forEach(operation -> wanted.add(operation.key()));
    for (var key : actual.failed()) {
      if (!wanted.contains(key)) {
        actual.forget(key);
      }
    }
  }

  /** Whether the pod's containers may start. */
  VolumeReadiness readiness(String podUid) {
    var demand = desired.of(podUid).orElse(null);
    return switch (demand) {
      case PodDemand.Wants wants -> readiness(wants);
      case PodDemand.Holds _ -> new VolumeReadiness.Waiting(List.of(), "the pod is on its way out");
      case null -> new VolumeReadiness.Waiting(List.of(), "the pod is not known yet");
    };
  }

  private VolumeReadiness readiness(PodDemand.Wants wants) {
    var missing = new ArrayList<String>();
    var reasons = new ArrayList<String>();
    var paths = new HashMap<String, Path>();
    for (var unresolved : wants.unresolved()) {
      missing.add(unresolved.volumeName());
      reasons.add(unresolved.message());
    }
    for (var volume : wants.volumes()) {
      if (ready(volume)) {
        paths.put(volume.volumeName(), hostPath.apply(volume));
      } else {
        missing.add(volume.volumeName());
        reason(volume).ifPresent(reasons::add);
      }
    }
    return missing.isEmpty()
        ? new VolumeReadiness.Ready(paths)
        : new VolumeReadiness.Waiting(missing, String.join("; ", reasons));
  }

  private boolean ready(PodVolume volume) {
    var uid = volume.source().uid();
    var staged =
        !stages.test(volume.id())
            || actual
                .staged(volume.id())
                .filter(entry -> entry.state() instanceof MountState.Mounted)
                .filter(entry -> entry.volume().uid().equals(uid))
                .isPresent();
    return staged
        && actual
            .published(volume.published().key())
            .filter(entry -> entry.state() instanceof MountState.Mounted)
            .filter(entry -> entry.volume().uid().equals(uid))
            .isPresent();
  }

  /** Why the volume is not there, as far as that is more than its being on the way. */
  private Optional<String> reason(PodVolume volume) {
    var stage = actual.failure(new VolumeOperation.Stage(volume).key());
    var publish = actual.failure(new VolumeOperation.Publish(volume).key());
    var failed = stage.or(() -> publish).flatMap(VolumeWorld::problem).map(Problem::message);
    if (actual.unsettled().contains(volume.id())) {
      return Optional.of(
          failed.orElse("")
              + "; a program that works on the volume is stuck in the kernel, nothing else is tried"
              + " until it ends");
    }
    return failed
        .or(() -> otherPod(volume))
        .or(() -> otherLife(volume))
        .or(() -> slow(volume.id()));
  }

  private Optional<String> otherPod(PodVolume volume) {
    return Optional.of(volume)
        .filter(PodVolume::alone)
        .flatMap(wanted -> actual.publishedToOther(wanted.id(), wanted.pod().uid()))
        .map(
            pod ->
                "volume %s has the access mode ReadWriteOncePod and is in use by pod %s; delete that"
                        .formatted(volume.id().name(), pod)
                    + " one first");
  }

  /** The volumes whose pods wait until another pod has given them up, and what they wait for. */
  Map<PodVolume, Problem> takenByOthers() {
    var taken = new HashMap<PodVolume, Problem>();
    for (var volume : desired.wanted()) {
      otherPod(volume).ifPresent(message -> taken.put(volume, Problem.mount(message)));
    }
    return taken;
  }

  private Optional<String> otherLife(PodVolume volume) {
    var uid = volume.source().uid();
    var present =
        actual
            .staged(volume.id())
            .map(entry -> entry.volume().uid())
            .or(
                () ->
                    actual.published(volume.published().key()).map(entry -> entry.volume().uid()));
    return present
        .filter(other -> !other.equals(uid))
        .map(
            other ->
                "volume %s: an earlier volume of this name (uid %s) is still mounted, expected uid %s"
                    .formatted(volume.id().name(), other, uid));
  }

  /** What the pod asks for, if anything. */
  Optional<PodDemand> demand(String podUid) {
    return desired.of(podUid);
  }

  /** The volumes that the pod has, or may have. */
  List<String> left(String podUid) {
    return actual.publishedTo(podUid).stream().map(entry -> entry.volume().volumeName()).toList();
  }

  /** Why the volumes that a gone pod has left are still there. */
  Optional<String> whyLeft(String podUid) {
    return actual.publishedTo(podUid).stream()
        .map(entry -> new VolumeOperation.Unpublish(entry.volume()).key())
        .flatMap(key -> actual.failure(key).stream())
        .flatMap(attempt -> problem(attempt).stream())
        .map(Problem::message)
        .findFirst()
        .or(
            () ->
                actual.publishedTo(podUid).stream()
                    .flatMap(entry -> slow(entry.volume().id()).stream())
                    .findFirst());
  }

  /** Every pod that wants, holds or has anything. */
  Set<String> pods() {
    var pods = new HashSet<String>();
    desired.pods().forEach(demand -> pods.add(demand.pod().uid()));
    actual.published().forEach(entry -> pods.add(entry.volume().pod().uid()));
    return pods;
  }

  /** The pods that wait for the volume. */
  List<PodVolume> waitingFor(VolumeId volume) {
    return desired.wanted().stream().filter(wanted -> wanted.id().equals(volume)).toList();
  }

  /** How many volumes are mounted for the node, and how many are uncertain. */
  int count(boolean uncertain) {
    var count = 0;
    for (var entry : actual.staged()) {
      count += entry.state() instanceof MountState.Uncertain == uncertain ? 1 : 0;
    }
    for (var entry : actual.published()) {
      count += entry.state() instanceof MountState.Uncertain == uncertain ? 1 : 0;
    }
    return count;
  }

  /** Volumes that are there for the node, surely or perhaps. */
  List<StagedVolume> staged() {
    return actual.staged().stream().map(ActualVolumes.Staged::volume).toList();
  }

  /** Volumes on which an abandoned child may still do something. */
  Set<VolumeId> unsettled() {
    return actual.unsettled();
  }

  static Optional<Problem> problem(Attempt attempt) {
    return switch (attempt) {
      case Attempt.Done _ -> Optional.empty();
      case Attempt.Failed(var problem, _) -> Optional.of(problem);
      case Attempt.Uncertain(var problem) -> Optional.of(problem);
    };
  }
}
