package dev.berth.node.volume;

import dev.berth.core.model.Pod;
import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.SubPaths;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.runtime.PodRef;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the volume manager: one thread that owns the {@link VolumeWorld}, learns what happens, and
 * starts {@linkplain OperationThreads operations}. The loop itself never waits for anything but the
 * next event.
 */
public final class VolumeLoop implements PodVolumes, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeLoop.class);

  /** Everything is told by events; this only bounds how long a forgotten one could matter. */
  private static final Duration SAFETY_NET = Duration.ofSeconds(10);

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

  /** What others may know of a pod's volumes at a moment. */
  private record View(VolumeReadiness readiness, List<String> left, Optional<String> whyLeft) {}

  /** Tells the world which volumes are in use here; completes when it is told. */
  @FunctionalInterface
  public interface InUse {
    CompletableFuture<?> report(Set<VolumeId> volumes);
  }

  private final VolumeWorld world;
  private final VolumeOperations operations;
  private final SubPaths subPaths;
  private final DemandResolver resolver;
  private final InUse inUse;
  private final VolumeReports reports;
  private final String nodeName;
  private final VolumeMeters meters;
  private final InstantSource clock;
  private final LinkedBlockingQueue<VolumeEvent> events = new LinkedBlockingQueue<>();
  private final Map<String, View> views = new ConcurrentHashMap<>();
  private final Map<String, List<PodVolume>> wanted = new ConcurrentHashMap<>();
  private final OperationThreads threads = new OperationThreads();
  private final Thread thread;
  private Thread looker = Thread.ofVirtual().unstarted(() -> {});
  private volatile Consumer<String> listener = podUid -> {};
  private volatile boolean stopping;
  private long reported;

  /** How many mounts were taken over and are not all certain again. */
  private int doubtful;

  private volatile VolumeMeters.Counts counts = new VolumeMeters.Counts(0, 0, 0);

  VolumeLoop(
      String nodeName,
      VolumeOperations operations,
      SubPaths subPaths,
      DemandResolver resolver,
      InUse inUse,
      VolumeReports reports,
      VolumeMeters meters,
      InstantSource clock) {
    this.operations = operations;
    this.subPaths = subPaths;
    this.resolver = resolver;
    this.inUse = inUse;
    this.reports = reports;
    this.clock = clock;
    this.world =
        new VolumeWorld(
            operations::staged, volume -> operations.plugin(volume.id()).hostPath(volume));
    this.thread = Thread.ofPlatform().name("volumes-" + nodeName).unstarted(this::run);
    this.nodeName = nodeName;
    this.meters = meters;
    meters.add(nodeName, () -> counts);
  }

  /** Reads what is mounted under the node's root. */
  @FunctionalInterface
  interface MountedVolumes {
    Reconstruction read() throws IOException;
  }

  /**
   * Takes over what an earlier process left, and starts.
   *
   * @param mounted what is mounted at a later moment
   */
  void start(Reconstruction found, MountedVolumes mounted) {
    world.found(found);
    doubtful = found.staged().size() + found.published().size();
    looker =
        MountLook.start(nodeName, SAFETY_NET, mounted, seen -> tell(new VolumeEvent.Seen(seen)));
    publish();
    thread.start();
  }

  @Override
  public void want(Pod pod, boolean started) {
    resolver.resolve(
        pod,
        started,
        demand -> {
          reports.unresolved(demand);
          tell(new VolumeEvent.Demanded(demand));
        });
  }

  @Override
  public void hold(PodRef pod) {
    resolver.cancel(pod.uid());
    tell(new VolumeEvent.Demanded(new PodDemand.Holds(pod)));
  }

  @Override
  public void release(String podUid) {
    resolver.cancel(podUid);
    tell(new VolumeEvent.Released(podUid));
  }

  @Override
  public void allPodsKnown() {
    tell(new VolumeEvent.AllKnown());
  }

  /** Names the released volumes whose data this node has to destroy, all of them. */
  public void wipe(List<WipeRequest> requests) {
    tell(new VolumeEvent.WipesRequested(List.copyOf(requests)));
  }

  /** Names the volumes whose storage this node has to make or to remove, all of them. */
  public void provision(List<ProvisionRequest> requests) {
    tell(new VolumeEvent.ProvisionsRequested(List.copyOf(requests)));
  }

  /** Names the claims that wait for their volumes to grow, all of them. */
  public void grow(List<GrowthRequest> requests) {
    tell(new VolumeEvent.GrowthsRequested(List.copyOf(requests)));
  }

  /** Somebody has done something about a volume that may help. */
  public void urge(VolumeId volume) {
    tell(new VolumeEvent.Urged(volume));
  }

  private void tell(VolumeEvent event) {
    events.add(event);
  }

  @Override
  public VolumeReadiness readiness(String podUid) {
    var view = views.get(podUid);
    return view == null
        ? new VolumeReadiness.Waiting(List.of(), "the volumes are not known yet")
        : view.readiness();
  }

  @Override
  public List<String> left(String podUid) {
    var view = views.get(podUid);
    return view == null ? List.of() : view.left();
  }

  @Override
  public Optional<String> whyLeft(String podUid) {
    return Optional.ofNullable(views.get(podUid)).flatMap(View::whyLeft);
  }

  @Override
  public Optional<Problem> verify(String podUid) throws InterruptedException {
    for (var volume : wanted.getOrDefault(podUid, List.of())) {
      var problem = operations.verify(volume);
      if (problem.isPresent()) {
        tell(new VolumeEvent.Suspected(volume.published(), problem.get()));
        return problem;
      }
    }
    return Optional.empty();
  }

  @Override
  public Path subPath(String podUid, String volumeName, String subPath, String container, int index)
      throws VolumeFailure, InterruptedException {
    if (!(readiness(podUid) instanceof VolumeReadiness.Ready(var paths))
        || paths.get(volumeName) == null) {
      throw new VolumeFailure(Problem.mount("volume " + volumeName + " is not mounted"));
    }
    try {
      var root = paths.get(volumeName);
      return switch (subPaths.prepare(podUid, volumeName, root, subPath, container, index)) {
        case SubPaths.Result.Ready(var path) -> path;
        case SubPaths.Result.Refused(var problem) -> throw new VolumeFailure(problem);
      };
    } catch (IOException e) {
      throw new VolumeFailure(
          Problem.mount(
              "subPath %s of volume %s: %s".formatted(subPath, volumeName, e.getMessage())));
    }
  }

  @Override
  public void share(Path path, boolean bothWays) throws VolumeFailure {
    try {
      var problem = subPaths.share(path, bothWays);
      if (problem.isPresent()) {
        throw new VolumeFailure(problem.get());
      }
    } catch (IOException e) {
      throw new VolumeFailure(Problem.mount(path + " cannot be shared: " + e.getMessage()));
    }
  }

  @Override
  public void onChange(Consumer<String> podUid) {
    listener = podUid;
  }

  private void run() {
    var next = Instant.MIN;
    while (!stopping) {
      try {
        var batch = await(next);
        var begun = System.nanoTime();
        learn(batch);
        next = act();
        publish();
        meters.turned(System.nanoTime() - begun);
      } catch (InterruptedException e) {
        LOG.debug("the volume loop was interrupted");
      } catch (RuntimeException e) {
        // A bug must not end the loop: other volumes go on.
        LOG.error("the volume loop met an unexpected failure", e);
      }
    }
  }

  /** Waits for events until it is time; all that are there. */
  private List<VolumeEvent> await(Instant until) throws InterruptedException {
    var patience = Duration.between(clock.instant(), until);
    var first =
        patience.isPositive()
            ? events.poll(patience.toNanos(), TimeUnit.NANOSECONDS)
            : events.poll();
    var batch = new ArrayList<VolumeEvent>();
    if (first != null) {
      batch.add(first);
    }
    events.drainTo(batch);
    return batch;
  }

  private void learn(List<VolumeEvent> batch) {
    var now = clock.instant();
    for (var event : batch) {
      world.learn(event, now);
    }
  }

  /** Starts what has to be done now; when to look again at the latest. */
  private Instant act() {
    var now = clock.instant();
    var decision = world.decide(now);
    decision.start().forEach(operation -> threads.start(operation, () -> carryOut(operation)));
    if (decision.report() != reported) {
      reported = decision.report();
      report(decision.inUse(), reported);
    }
    var latest = now.plus(SAFETY_NET);
    return decision.wake().filter(latest::isAfter).orElse(latest);
  }

  private void report(Set<VolumeId> volumes, long number) {
    inUse
        .report(volumes)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                tell(new VolumeEvent.InUseReported(number));
              }
            });
  }

  private void carryOut(VolumeOperation operation) {
    var begun = System.nanoTime();
    Attempt attempt;
    var stuck = List.<CompletableFuture<?>>of();
    try {
      var tracked = OperationChildren.track(() -> operations.carryOut(operation));
      attempt = tracked.result();
      stuck = tracked.late();
    } catch (InterruptedException e) {
      attempt = new Attempt.Uncertain(Problem.mount("the server was stopped meanwhile"));
    } catch (Exception e) {
      throw new IllegalStateException("an operation ends in an attempt, found " + e, e);
    }
    if (stopping) {
      return;
    }
    var volume = operation.volume();
    try {
      reports.ended(operation, attempt, waiting(volume), System.nanoTime() - begun);
    } finally {
      tell(new VolumeEvent.Ended(operation, attempt, stuck.isEmpty()));
    }
    if (!stuck.isEmpty()) {
      LOG.warn("volume {}: a program is stuck in the kernel", volume);
      CompletableFuture.allOf(stuck.toArray(CompletableFuture[]::new))
          .whenComplete((done, failure) -> tell(new VolumeEvent.Settled(volume)));
    }
  }

  private List<PodVolume> waiting(VolumeId volume) {
    return wanted().stream().filter(candidate -> candidate.id().equals(volume)).toList();
  }

  /** The volumes that all pods want, mounted or not. */
  List<PodVolume> wanted() {
    return wanted.values().stream().flatMap(List::stream).toList();
  }

  /** Makes what is known readable by others, and tells whom it concerns. */
  private void publish() {
    var now = new HashMap<String, View>();
    for (var podUid : world.pods()) {
      now.put(podUid, new View(world.readiness(podUid), world.left(podUid), world.whyLeft(podUid)));
      switch (world.demand(podUid).orElse(null)) {
        case PodDemand.Wants wants -> wanted.put(podUid, wants.volumes());
        case PodDemand.Holds _ -> wanted.remove(podUid);
        case null -> wanted.remove(podUid);
      }
    }
    wanted.keySet().retainAll(now.keySet());
    var changed = new ArrayList<String>();
    views.keySet().stream().filter(podUid -> !now.containsKey(podUid)).forEach(changed::add);
    changed.forEach(views::remove);
    now.forEach(
        (podUid, view) -> {
          if (!view.equals(views.put(podUid, view))) {
            changed.add(podUid);
          }
        });
    counts =
        new VolumeMeters.Counts(world.count(false), world.count(true), world.unsettled().size());
    if (doubtful > 0 && counts.uncertain() == 0) {
      LOG.info("the {} mounts from before are certain again, or gone", doubtful);
      doubtful = 0;
    }
    changed.forEach(listener);
    reports.taken(world.takenByOthers());
  }

  /**
   * Stops. Mounts stay; operations under way get a moment to end, then their children are ended,
   * which the next process repairs.
   */
  @Override
  public void close() {
    stopping = true;
    meters.remove(nodeName);
    resolver.close();
    thread.interrupt();
    looker.interrupt();
    try {
      // First of all, because it begins operations. Of a node that could not be started, it never
      // began itself.
      if (thread.isAlive()) {
        thread.join(Duration.ofSeconds(1));
      }
      threads.stop(STOP_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
