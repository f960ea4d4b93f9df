package dev.berth.node.sync;

import dev.berth.core.model.Event;
import dev.berth.core.registry.Rejection;
import dev.berth.core.storage.StoreException;
import dev.berth.node.plugin.Problem;
import dev.berth.node.sync.PodSituation.Failure;
import dev.berth.node.sync.PodSituation.Rejected;
import dev.berth.node.volume.VolumeReadiness;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after one pod, on a virtual thread of its own: looks at its situation, decides, starts what
 * was decided (each action on its own virtual thread), writes the status, and waits for the next
 * thing to happen.
 */
final class PodWorker implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);

  /** Everything is told by events; this only bounds how long a forgotten one could matter. */
  private static final Duration SAFETY_NET = Duration.ofSeconds(30);

  /** Nothing that a pod goes through takes so many steps; whatever wants more waits its turn. */
  private static final int STEPS_PER_SECOND = 100;

  private static final Duration RETRY_STATUS = Duration.ofSeconds(1);
  private static final Duration RETRY_OFTEN = Duration.ofMillis(500);

  /** A setting that is missing is only looked up again: nothing has been started yet. */
  private static final Duration RETRY_CONFIG = Duration.ofSeconds(2);

  private static final Duration RETRY_DELETE = Duration.ofSeconds(5);

  /** After so long a pod that waits for its volumes is reported once more. */
  private static final Duration VOLUME_PATIENCE = Duration.ofSeconds(123);

  /** Containers of a pod that was removed by force get this long to stop. */
  private static final Duration FORCED_GRACE = Duration.ofSeconds(2);

  private record Busy(PodAction action, Thread thread) {}

  private final PodTools tools;
  private final PodActions actions;
  private final PodStatusWriter statuses;
  private final Runnable finished;
  private final Semaphore touched = new Semaphore(0);
  private final Map<String, Busy> busy = new ConcurrentHashMap<>();
  private final Map<String, Failure> failures = new ConcurrentHashMap<>();
  private final Restarts restarts;
  private final Thread thread;
  private volatile PodObject pod;
  private volatile @Nullable Instant goneDeadline;
  private volatile boolean cleaned;
  private volatile boolean closed;
  private final EmptyDirLimits limits;
  private volatile @Nullable Rejected evicted;
  private PodPlan.@Nullable Demand demanded;
  private Instant second = Instant.EPOCH;
  private int steps;
  private @Nullable Instant waitingSince;

  /**
   * @param gone whether the pod is not in the API, and how long its containers may take to stop
   * @param finished told when nothing of the pod is left
   */
  PodWorker(PodTools tools, PodObject pod, Optional<Duration> gone, Runnable finished) {
    this.tools = tools;
    this.actions = new PodActions(tools);
    this.statuses = new PodStatusWriter(tools.resources());
    this.finished = finished;
    this.restarts = new Restarts(tools.paths().podStarts(pod.ref().uid()), tools.bootId());
    this.pod = pod;
    this.goneDeadline = gone.map(tools.clock().instant()::plus).orElse(null);
    this.limits = new EmptyDirLimits(pod, tools.paths(), tools.children(), this::evict);
    this.thread = Thread.ofVirtual().name("pod " + pod.ref()).unstarted(this);
  }

  void start() {
    thread.start();
  }

  /** Something that concerns the pod has happened. */
  void touch() {
    touched.release();
  }

  /** The pod has changed in the API. */
  synchronized void update(PodObject newer) {
    if (newer.revision() > pod.revision()) {
      pod = newer;
      failures.remove(new PodAction.Delete().key());
      touch();
    }
  }

  /** The pod is not in the API any more. */
  void gone() {
    if (goneDeadline == null) {
      goneDeadline = tools.clock().instant().plus(FORCED_GRACE);
    }
    touch();
  }

  private void evict(String why) {
    evicted = new Rejected("Evicted", why);
    LOG.warn("pod {} is evicted: {}", pod.ref(), why);
    tools
        .events()
        .record(
            PodObject.reference(pod.ref()), Event.WARNING, "Evicted", "The pod is ended: " + why);
    touch();
  }

  /** Ends the looking after; the pod runs on. */
  void close() {
    closed = true;
    limits.close();
    thread.interrupt();
    busy.values().forEach(action -> action.thread().interrupt());
  }

  @Override
  public void run() {
    try {
      makeDirectory();
      restarts.read(tools.clock().instant());
      while (!closed) {
        pace();
        var next = SAFETY_NET;
        try {
          var plan = step();
          if (plan.finished()) {
            break;
          }
          next = patience(plan);
        } catch (StoreException | Rejection e) {
          LOG.warn("the status of pod {} cannot be written: {}", pod.ref(), e.getMessage());
          next = RETRY_STATUS;
        } catch (RuntimeException e) {
          // A bug met by one pod must not take the others with it.
          LOG.error("pod {} met an unexpected failure", pod.ref(), e);
          next = RETRY_STATUS;
        }
        if (touched.tryAcquire(next.toNanos(), TimeUnit.NANOSECONDS)) {
          touched.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("pod {} is left to itself", pod.ref());
    }
    if (!closed) {
      finished.run();
    }
  }

  /** One pod that finds no rest must not take the processor from the others, and from the API. */
  private void pace() throws InterruptedException {
    var now = tools.clock().instant();
    if (Duration.between(second, now).abs().compareTo(Duration.ofSeconds(1)) >= 0) {
      second = now;
      steps = 0;
    } else if (++steps == STEPS_PER_SECOND) {
      LOG.warn("pod {} finds no rest: {} steps in a second", pod.ref(), steps);
      Thread.sleep(Duration.ofSeconds(1));
    }
  }

  private Duration patience(PodPlan plan) {
    return plan.wake()
        .map(wake -> Duration.between(tools.clock().instant(), wake))
        .filter(wait -> wait.compareTo(SAFETY_NET) < 0)
        .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
        .orElse(SAFETY_NET);
  }

  private PodPlan step() {
    var situation = look();
    var plan = PodPlanner.plan(situation);
    demand(plan.demand());
    plan.actions().forEach(this::begin);
    if (goneDeadline == null) {
      var status = PodStatusDocument.of(situation, plan, tools.surroundings().address());
      statuses.write(situation.pod(), status).ifPresent(this::update);
    }
    remindOfVolumes(situation, plan);
    return plan;
  }

  private PodSituation look() {
    var now = tools.clock().instant();
    // Read before the containers: an action that ends in between has left its mark on them.
    var under = Set.copyOf(busy.keySet());
    var current = pod;
    var uid = current.ref().uid();
    var containers =
        tools.runtime().list().stream().filter(status -> status.pod().uid().equals(uid)).toList();
    var runs = Run.of(current.pod(), containers, now);
    restarts.observe(runs, now);
    return new PodSituation(
        current,
        Optional.ofNullable(goneDeadline),
        PodAdmission.check(current.document()),
        Optional.ofNullable(evicted),
        runs,
        restarts,
        Map.copyOf(failures),
        tools.volumes().readiness(uid),
        tools.volumes().left(uid),
        tools.volumes().whyLeft(uid),
        under,
        cleaned,
        now);
  }

  private void demand(PodPlan.Demand demand) {
    if (demand == demanded) {
      return;
    }
    demanded = demand;
    switch (demand) {
      case WANT -> {
        var started =
            pod.pod().status().containerStatuses().stream()
                .anyMatch(status -> status.containerID() != null);
        tools.volumes().want(pod.pod(), started);
        limits.start();
      }
      case HOLD -> {
        limits.close();
        tools.volumes().hold(pod.ref());
      }
      case RELEASE -> tools.volumes().release(pod.ref().uid());
    }
  }

  private void begin(PodAction action) {
    switch (action) {
      case PodAction.CancelStart(var container) -> {
        var start = busy.get(PodAction.startKey(container));
        if (start != null) {
          start.thread().interrupt();
        }
      }
      case PodAction.Stop stop -> {
        var running = busy.get(stop.key());
        if (running == null) {
          launch(stop.key(), stop);
        } else if (running.action() instanceof PodAction.Stop(_, var deadline)
            && stop.deadline().isBefore(deadline.minus(RETRY_OFTEN))) {
          // Beside the one that waits: a second call shortens its wait.
          launch(stop.key() + " by " + stop.deadline(), stop);
        }
      }
      case PodAction.Start _, PodAction.Remove _, PodAction.CleanUp _, PodAction.Delete _ ->
          launch(action.key(), action);
    }
  }

  private void launch(String key, PodAction action) {
    var worker =
        Thread.ofVirtual().name(key + " of pod " + pod.ref()).unstarted(() -> perform(key, action));
    if (busy.putIfAbsent(key, new Busy(action, worker)) == null) {
      worker.start();
    }
  }

  private void perform(String key, PodAction action) {
    try {
      perform(action);
      failures.remove(key);
    } catch (PodActions.Failed e) {
      fail(key, e.reason(), String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      LOG.debug("{} of pod {} was given up", key, pod.ref());
    } catch (StoreException | Rejection e) {
      fail(key, "ApiUnavailable", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("{} of pod {} failed unexpectedly", key, pod.ref(), e);
      fail(key, "InternalError", String.valueOf(e.getMessage()));
    } finally {
      busy.remove(key);
      touch();
    }
  }

  private void perform(PodAction action) throws PodActions.Failed, InterruptedException {
    switch (action) {
      case PodAction.Start start -> actions.start(pod, start, restarts);
      case PodAction.CancelStart _ -> {}
      case PodAction.Stop(var container, var deadline) -> actions.stop(pod, container, deadline);
      case PodAction.Remove(var container) -> actions.remove(container);
      case PodAction.CleanUp _ -> {
        actions.cleanUp(pod);
        cleaned = true;
      }
      case PodAction.Delete delete -> {
        if (actions.delete(pod)) {
          gone();
        } else {
          // Something else keeps it: a finalizer. Its removal is told by a change.
          var later = tools.clock().instant().plus(RETRY_DELETE);
          failures.put(delete.key(), new Failure("", "", 1, later));
        }
      }
    }
  }

  /** Volumes and stores are asked again soon; what a user has to correct, later and later. */
  private void fail(String key, String reason, String message) {
    LOG.warn("{} of pod {} failed: {}: {}", key, pod.ref(), reason, message);
    var before = failures.get(key);
    var times = before == null ? 1 : before.times() + 1;
    var quick = !key.startsWith("start/") || reason.equals(Problem.Reason.MOUNT.text());
    var delay =
        reason.equals(PodActions.CONFIG_ERROR)
            ? RETRY_CONFIG
            : quick
                ? RETRY_OFTEN.multipliedBy(1L << Math.min(times - 1, 7))
                : Restarts.delay(times + 1);
    failures.put(key, new Failure(reason, message, times, tools.clock().instant().plus(delay)));
  }

  /** An event for a pod that has waited for its volumes for too long. */
  private void remindOfVolumes(PodSituation situation, PodPlan plan) {
    if (plan.demand() != PodPlan.Demand.WANT
        || !(situation.volumes() instanceof VolumeReadiness.Waiting(var volumes, var message))) {
      waitingSince = null;
      return;
    }
    if (waitingSince == null) {
      waitingSince = situation.now();
    } else if (Duration.between(waitingSince, situation.now()).compareTo(VOLUME_PATIENCE) >= 0) {
      waitingSince = situation.now();
      tools
          .events()
          .record(
              PodObject.reference(situation.pod().ref()),
              Event.WARNING,
              Problem.Reason.MOUNT.text(),
              "timed out waiting for volumes: unmounted volumes=[%s]%s"
                  .formatted(String.join(" ", volumes), message.isEmpty() ? "" : ": " + message));
    }
  }

  private void makeDirectory() {
    if (goneDeadline != null) {
      return;
    }
    try {
      Files.createDirectories(tools.paths().pod(pod.ref().uid()));
    } catch (IOException e) {
      LOG.warn("the directory of pod {} cannot be made: {}", pod.ref(), e.getMessage());
    }
  }
}
