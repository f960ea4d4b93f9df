package dev.berth.node.sync;

import dev.berth.core.model.Container;
import dev.berth.core.model.Pod;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.sync.PodPlan.Demand;
import dev.berth.node.sync.PodPlan.Told;
import dev.berth.node.volume.VolumeReadiness;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to do about a pod: a function of its {@link PodSituation}.
 *
 * <p>A pod that is to run: volumes, then init containers one after the other, then all containers,
 * each started again as the restart policy says. A pod that is to end: containers stopped, volumes
 * taken away, everything removed, and only then the object, in this order.
 */
final class PodPlanner {
  static final String PENDING = "Pending";
  static final String RUNNING = "Running";
  static final String SUCCEEDED = "Succeeded";
  static final String FAILED = "Failed";

  /** Runs of a container that are kept for their logs. */
  private static final int KEPT_RUNS = 2;

  private final PodSituation situation;
  private final Pod pod;
  private final List<PodAction> actions = new ArrayList<>();
  private Optional<Instant> wake = Optional.empty();

  private PodPlanner(PodSituation situation) {
    this.situation = situation;
    this.pod = situation.pod().pod();
  }

  static PodPlan plan(PodSituation situation) {
    return new PodPlanner(situation).plan();
  }

  private PodPlan plan() {
    if (situation.gone().isPresent()) {
      return leaving(situation.gone().get());
    }
    if (pod.metadata().deletionTimestamp() != null) {
      return leaving(pod.metadata().deletionTimestamp());
    }
    var rejection = situation.rejection();
    if (rejection.isPresent()) {
      return ended(new Told(FAILED, rejection.get().reason(), rejection.get().message(), false));
    }
    if (pod.finished()) {
      return ended(toldBefore());
    }
    var evicted = situation.evicted();
    if (evicted.isPresent()) {
      return ended(new Told(FAILED, evicted.get().reason(), evicted.get().message(), true));
    }
    var deadline = deadline();
    if (deadline.isPresent() && !deadline.get().isAfter(situation.now())) {
      return exceeded(deadline.get());
    }
    deadline.ifPresent(this::wakeAt);
    situation.restarts().observeNext().ifPresent(this::wakeAt);
    var plan = running();
    return isFinal(plan.told().phase()) ? ended(plan.told()) : plan;
  }

  private Told toldBefore() {
    var status = pod.status();
    return new Told(pod.phase(), text(status.reason()), text(status.message()), true);
  }

  private Optional<Instant> deadline() {
    var seconds = pod.spec().activeDeadlineSeconds();
    var started = pod.status().startTime();
    return seconds == null || started == null
        ? Optional.empty()
        : Optional.of(started.plusSeconds(seconds));
  }

  private PodPlan exceeded(Instant deadline) {
    var message = "the pod was active on the node longer than activeDeadlineSeconds";
    if (stop(deadline.plusSeconds(situation.pod().graceSeconds()))) {
      return plan(Demand.HOLD, new Told(phase(true), "DeadlineExceeded", message, true), false);
    }
    return ended(new Told(FAILED, "DeadlineExceeded", message, true));
  }

  /** It has come to its end, but is not to be removed: its logs stay. */
  private PodPlan ended(Told told) {
    if (stop(situation.now().plusSeconds(situation.pod().graceSeconds()))) {
      // Whoever reads the last phase may count on it that nothing runs any more.
      var phase = pod.finished() ? pod.phase() : phase(true);
      return plan(
          Demand.HOLD, new Told(phase, told.reason(), told.message(), told.initialized()), false);
    }
    return plan(Demand.RELEASE, told, false);
  }

  /** It is to be removed. */
  private PodPlan leaving(Instant deadline) {
    if (stop(deadline)) {
      return plan(Demand.HOLD, told(phase(true), ""), false);
    }
    // A pod in its last phase may be removed by anybody at any time: not before all is gone here.
    var before = isFinal(pod.phase()) ? pod.phase() : phase(true);
    if (!situation.volumesLeft().isEmpty()) {
      return plan(Demand.RELEASE, told(before, situation.whyLeft().orElse("")), false);
    }
    if (!situation.cleaned()) {
      add(new PodAction.CleanUp());
      var failure = situation.failures().get(new PodAction.CleanUp().key());
      return plan(Demand.RELEASE, told(before, failure == null ? "" : failure.message()), false);
    }
    var phase = isFinal(pod.phase()) ? pod.phase() : endPhase();
    if (situation.gone().isPresent()) {
      return plan(Demand.RELEASE, told(phase, ""), true);
    }
    add(new PodAction.Delete());
    return plan(Demand.RELEASE, told(phase, ""), false);
  }

  private Told told(String phase, String message) {
    return new Told(phase, text(pod.status().reason()), message, initialized());
  }

  /** Stops whatever runs; false when nothing runs, and nothing will. */
  private boolean stop(Instant deadline) {
    var active = false;
    for (var key : situation.busy()) {
      if (key.startsWith("start/")) {
        active = true;
        actions.add(new PodAction.CancelStart(key.substring("start/".length())));
      }
    }
    for (var runs : situation.runs().values()) {
      for (var run : runs) {
        if (!run.ended()) {
          active = true;
          add(new PodAction.Stop(run.id(), deadline));
        }
      }
    }
    return active;
  }

  private PodPlan running() {
    prune();
    var init = pod.spec().initContainers();
    if (!appStarted()) {
      for (var container : init) {
        if (!initDone(container)) {
          var failed = failedForGood(container);
          return plan(
              Demand.WANT,
              failed
                  ? new Told(
                      FAILED,
                      "",
                      "init container %s failed, and restartPolicy is Never"
                          .formatted(container.name()),
                      false)
                  : new Told(PENDING, "", "", false),
              false);
        }
      }
    }
    pod.spec().containers().forEach(this::advance);
    return plan(Demand.WANT, new Told(phase(false), "", "", true), false);
  }

  /** Once a container has been started, the init containers are history. */
  private boolean appStarted() {
    return pod.spec().containers().stream()
        .anyMatch(container -> situation.last(container.name()).isPresent());
  }

  private boolean initDone(Container container) {
    var last = situation.last(container.name());
    if (last.isPresent()
        && last.get().state() instanceof ContainerState.Exited exited
        && exited.exitCode() == 0) {
      return true;
    }
    if (!failedForGood(container)) {
      advance(container);
    }
    return false;
  }

  private boolean failedForGood(Container container) {
    return situation.pod().restartPolicy().equals("Never")
        && situation
            .last(container.name())
            .filter(
                run ->
                    run.state() instanceof ContainerState.Exited exited && exited.exitCode() != 0)
            .isPresent();
  }

  /** Brings a container one step nearer to running. */
  private void advance(Container container) {
    var last = situation.last(container.name());
    var attempt = last.map(run -> run.id().attempt()).orElse(0);
    switch (last.map(Run::state).orElse(null)) {
      case null -> start(container, attempt);
      case ContainerState.Created _ -> start(container, attempt);
      case ContainerState.Running _ -> {}
      case ContainerState.Exited exited -> {
        if (restarts(container, exited)) {
          start(container, attempt + 1);
        }
      }
    }
  }

  /** Whether a container that has ended is started again; an init container until it succeeds. */
  private boolean restarts(Container container, ContainerState.Exited exited) {
    var policy = situation.pod().restartPolicy();
    return switch (policy) {
      case "Never" -> false;
      case "OnFailure" -> exited.exitCode() != 0;
      default -> !pod.spec().initContainers().contains(container) || exited.exitCode() != 0;
    };
  }

  private void start(Container container, int attempt) {
    var notBefore = situation.restarts().notBefore(container.name());
    if (notBefore.isAfter(situation.now())) {
      wakeAt(notBefore);
    } else if (situation.volumes() instanceof VolumeReadiness.Ready) {
      add(new PodAction.Start(container.name(), attempt));
    }
  }

  private void prune() {
    for (var runs : situation.runs().values()) {
      for (var run : runs.subList(0, Math.max(0, runs.size() - KEPT_RUNS))) {
        if (run.ended() && run.known()) {
          add(new PodAction.Remove(run.id()));
        }
      }
    }
  }

  /** Adds an action unless it has failed and has to wait. */
  private void add(PodAction action) {
    var failure = situation.failures().get(action.key());
    if (failure != null && failure.retry().isAfter(situation.now())) {
      wakeAt(failure.retry());
      return;
    }
    actions.add(action);
  }

  private boolean initialized() {
    return appStarted()
        || pod.spec().initContainers().stream()
            .allMatch(
                container ->
                    situation
                        .last(container.name())
                        .filter(
                            run ->
                                run.state() instanceof ContainerState.Exited exited
                                    && exited.exitCode() == 0)
                        .isPresent());
  }

  /**
   * The phase that follows from the containers.
   *
   * @param ending nothing is started any more
   */
  private String phase(boolean ending) {
    var waiting = 0;
    var running = 0;
    var failed = 0;
    for (var container : pod.spec().containers()) {
      switch (situation.last(container.name()).map(Run::state).orElse(null)) {
        case null -> waiting++;
        case ContainerState.Created _ -> waiting++;
        case ContainerState.Running _ -> running++;
        case ContainerState.Exited exited -> {
          if (!ending && restarts(container, exited)) {
            running++;
          } else if (exited.exitCode() != 0) {
            failed++;
          }
        }
      }
    }
    if (waiting > 0) {
      return PENDING;
    }
    if (running > 0 || ending) {
      return RUNNING;
    }
    return failed > 0 ? FAILED : SUCCEEDED;
  }

  /** The last phase of a pod that was ended from outside. */
  private String endPhase() {
    var succeeded =
        pod.spec().containers().stream()
            .allMatch(
                container ->
                    situation
                        .last(container.name())
                        .filter(
                            run ->
                                run.state() instanceof ContainerState.Exited exited
                                    && exited.exitCode() == 0)
                        .isPresent());
    return succeeded ? SUCCEEDED : FAILED;
  }

  static boolean isFinal(String phase) {
    return phase.equals(SUCCEEDED) || phase.equals(FAILED);
  }

  private void wakeAt(Instant time) {
    wake = Optional.of(wake.filter(time::isAfter).orElse(time));
  }

  private PodPlan plan(Demand demand, Told told, boolean finished) {
    return new PodPlan(demand, actions, told, wake, finished);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
