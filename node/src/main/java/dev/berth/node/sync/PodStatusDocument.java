package dev.berth.node.sync;

import dev.berth.core.model.Condition;
import dev.berth.core.model.Container;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.volume.VolumeReadiness;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The status of a pod as the API has it: a function of situation and plan. What others wrote there
 * (the scheduler's condition) is kept.
 */
final class PodStatusDocument {
  private final PodSituation situation;
  private final PodPlan plan;
  private final Pod pod;
  private final String nodeAddress;

  private PodStatusDocument(PodSituation situation, PodPlan plan, String nodeAddress) {
    this.situation = situation;
    this.plan = plan;
    this.pod = situation.pod().pod();
    this.nodeAddress = nodeAddress;
  }

  /**
   * The members of the status that the node writes; null for those that are to be removed.
   *
   * @param nodeAddress the node's address, which is also its pods'
   */
  static ObjectNode of(PodSituation situation, PodPlan plan, String nodeAddress) {
    return new PodStatusDocument(situation, plan, nodeAddress).build();
  }

  private ObjectNode build() {
    var status = Json.object();
    status.put("phase", plan.told().phase());
    set(status, "reason", plan.told().reason());
    set(status, "message", plan.told().message());
    var started = pod.status().startTime();
    status.put("startTime", time(started == null ? situation.now() : started));
    status.put("hostIP", nodeAddress);
    status.put("podIP", nodeAddress);
    status.putArray("podIPs").addObject().put("ip", nodeAddress);
    if (situation.rejection().isEmpty()) {
      containers(status, "initContainerStatuses", pod.spec().initContainers(), true);
      containers(status, "containerStatuses", pod.spec().containers(), false);
    }
    conditions(status.putArray("conditions"));
    return status;
  }

  private static void set(ObjectNode status, String name, String value) {
    if (value.isEmpty()) {
      status.putNull(name);
    } else {
      status.put(name, value);
    }
  }

  private void conditions(ArrayNode into) {
    var own = new LinkedHashMap<String, Condition>();
    var unready = unreadyContainers();
    own(own, "Initialized", plan.told().initialized(), "ContainersNotInitialized", "");
    own(own, "Ready", unready.isEmpty(), notReadyReason(), unready);
    own(own, "ContainersReady", unready.isEmpty(), notReadyReason(), unready);
    if (pod.status().conditions().stream().noneMatch(c -> c.type().equals("PodScheduled"))) {
      own(own, "PodScheduled", true, "", "");
    }
    for (var condition : situation.pod().document().path("status").path("conditions")) {
      if (!own.containsKey(Json.text(condition, "type"))) {
        into.add(condition);
      }
    }
    own.values().forEach(condition -> into.add(document(condition)));
  }

  private static ObjectNode document(Condition condition) {
    var document = Json.object();
    document.put("type", condition.type());
    document.put("status", condition.status());
    if (!condition.reason().isEmpty()) {
      document.put("reason", condition.reason());
    }
    if (!condition.message().isEmpty()) {
      document.put("message", condition.message());
    }
    if (condition.lastTransitionTime() != null) {
      document.put("lastTransitionTime", time(condition.lastTransitionTime()));
    }
    return document;
  }

  private void own(
      Map<String, Condition> own, String type, boolean value, String reason, String message) {
    var text = value ? "True" : "False";
    var before =
        pod.status().conditions().stream()
            .filter(condition -> condition.type().equals(type))
            .findFirst();
    var since =
        before
            .filter(condition -> condition.status().equals(text))
            .map(Condition::lastTransitionTime)
            .orElse(situation.now());
    own.put(type, new Condition(type, text, value ? "" : reason, value ? "" : message, since));
  }

  private String notReadyReason() {
    return plan.told().phase().equals(PodPlanner.SUCCEEDED) ? "PodCompleted" : "ContainersNotReady";
  }

  /** Empty when all containers are ready. */
  private String unreadyContainers() {
    if (situation.rejection().isPresent()) {
      return situation.rejection().get().message();
    }
    var names =
        pod.spec().containers().stream().map(Container::name).filter(name -> !ready(name)).toList();
    if (names.isEmpty()) {
      return "";
    }
    return "containers with unready status: [%s]%s"
        .formatted(String.join(" ", names), waitingForVolumes().map(why -> ": " + why).orElse(""));
  }

  private boolean ready(String container) {
    return situation
        .last(container)
        .filter(run -> run.state() instanceof ContainerState.Running)
        .isPresent();
  }

  /** What the volumes wait for, when containers wait for them. */
  private Optional<String> waitingForVolumes() {
    return situation.volumes() instanceof VolumeReadiness.Waiting(var volumes, var message)
            && !message.isEmpty()
            && plan.demand() == PodPlan.Demand.WANT
        ? Optional.of("volumes [%s]: %s".formatted(String.join(" ", volumes), message))
        : Optional.empty();
  }

  private void containers(
      ObjectNode status, String member, List<Container> containers, boolean init) {
    if (containers.isEmpty()) {
      return;
    }
    var statuses = status.putArray(member);
    for (var container : containers) {
      container(statuses.addObject(), container, init);
    }
  }

  private void container(ObjectNode into, Container container, boolean init) {
    var last = situation.last(container.name());
    into.put("name", container.name());
    into.put("image", container.image());
    into.put("imageID", last.map(Run::imageId).orElse(""));
    last.map(Run::containerId)
        .filter(id -> !id.isEmpty())
        .ifPresent(id -> into.put("containerID", id));
    into.put("restartCount", last.map(run -> run.id().attempt()).orElse(0));
    var running = ready(container.name());
    var succeeded =
        last.filter(
                run ->
                    run.state() instanceof ContainerState.Exited exited && exited.exitCode() == 0)
            .isPresent();
    into.put("ready", init ? succeeded : running);
    into.put("started", running);
    var state = into.putObject("state");
    switch (last.map(Run::state).orElse(null)) {
      case null -> waiting(state, container);
      case ContainerState.Created _ -> waiting(state, container);
      case ContainerState.Running run ->
          state.putObject("running").put("startedAt", time(run.startedAt()));
      case ContainerState.Exited exited ->
          ended(into, state, container, last.orElseThrow(), exited);
    }
    situation
        .previous(container.name())
        .filter(run -> !into.has("lastState"))
        .ifPresent(run -> terminated(into.putObject("lastState"), run));
  }

  /** A container that is to be started again is waiting, and its end is its last state. */
  private void ended(
      ObjectNode into,
      ObjectNode state,
      Container container,
      Run run,
      ContainerState.Exited exited) {
    var failure = situation.failures().get(PodAction.startKey(container.name()));
    if (failure != null && plan.demand() == PodPlan.Demand.WANT) {
      waiting(state, container);
      terminated(into.putObject("lastState"), run);
    } else if (backsOff(container) && restartWanted(exited)) {
      backOff(state.putObject("waiting"), container);
      terminated(into.putObject("lastState"), run);
    } else {
      terminated(state, run);
    }
  }

  /** Whether the container is not started yet because it has ended too often. */
  private boolean backsOff(Container container) {
    return plan.demand() == PodPlan.Demand.WANT
        && plan.wake().isPresent()
        && situation.restarts().notBefore(container.name()).isAfter(situation.now());
  }

  private void backOff(ObjectNode waiting, Container container) {
    var seconds = situation.restarts().delay(container.name()).toSeconds();
    waiting
        .put("reason", "CrashLoopBackOff")
        .put(
            "message",
            "back-off %ds restarting failed container=%s pod=%s"
                .formatted(seconds, container.name(), situation.pod().ref()));
  }

  private boolean restartWanted(ContainerState.Exited exited) {
    return switch (situation.pod().restartPolicy()) {
      case "Never" -> false;
      case "OnFailure" -> exited.exitCode() != 0;
      default -> true;
    };
  }

  private void waiting(ObjectNode state, Container container) {
    var waiting = state.putObject("waiting");
    var failure = situation.failures().get(PodAction.startKey(container.name()));
    if (failure != null) {
      waiting.put("reason", failure.reason());
      waiting.put("message", failure.message());
      return;
    }
    if (backsOff(container)) {
      backOff(waiting, container);
      return;
    }
    var init = pod.spec().initContainers();
    var reason =
        init.isEmpty() || plan.told().initialized() ? "ContainerCreating" : "PodInitializing";
    waiting.put("reason", reason);
    waitingForVolumes().ifPresent(why -> waiting.put("message", why));
  }

  private static void terminated(ObjectNode into, Run run) {
    if (run.state() instanceof ContainerState.Exited exited) {
      var terminated = into.putObject("terminated");
      terminated.put("exitCode", exited.exitCode());
      if (exited.signal() != 0) {
        terminated.put("signal", exited.signal());
      }
      terminated.put("reason", exited.reason());
      if (!exited.message().isEmpty()) {
        terminated.put("message", exited.message());
      }
      putTime(terminated, "startedAt", exited.startedAt());
      putTime(terminated, "finishedAt", exited.finishedAt());
      if (!run.containerId().isEmpty()) {
        terminated.put("containerID", run.containerId());
      }
    }
  }

  private static void putTime(ObjectNode into, String name, @Nullable Instant time) {
    if (time != null) {
      into.put(name, time(time));
    }
  }

  /** Whole seconds, as Kubernetes writes times. */
  private static String time(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
