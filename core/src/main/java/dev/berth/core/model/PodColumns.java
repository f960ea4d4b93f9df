package dev.berth.core.model;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The table of pods: what a pod is doing, in one word, taken together from its containers. */
final class PodColumns {

  private PodColumns() {}

  static PrintedColumns ofPods() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Ready", "How many of its containers are ready.", (o, now) -> ready(o))
        .with("Status", "What it is doing.", (o, now) -> status(o))
        .with("Restarts", "How often its containers were started again.", PodColumns::restarts)
        .aged()
        .wide("IP", "Its address.", (o, now) -> PrintedColumns.orNone(o, "status", "podIP"))
        .wide("Node", "Where it runs.", (o, now) -> PrintedColumns.orNone(o, "spec", "nodeName"))
        .wide(
            "Nominated Node",
            "Where room is being made for it.",
            (o, now) -> PrintedColumns.orNone(o, "status", "nominatedNodeName"))
        .wide("Readiness Gates", "Its other conditions of readiness.", (o, now) -> gates(o));
  }

  private static String ready(JsonNode pod) {
    var ready = 0;
    if (initialising(pod) == null) {
      for (var container : Json.at(pod, "status", "containerStatuses")) {
        if (container.path("ready").booleanValue(false) && running(container)) {
          ready++;
        }
      }
    }
    return ready + "/" + Json.at(pod, "spec", "containers").size();
  }

  private static String status(JsonNode pod) {
    var phase = Json.text(pod, "status", "phase");
    var reason = Json.text(pod, "status", "reason");
    if (PrintedColumns.deleting(pod)) {
      if (reason.equals("NodeLost")) {
        return "Unknown";
      }
      if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
        return "Terminating";
      }
    }
    var initialising = initialising(pod);
    if (initialising != null) {
      return initialising;
    }
    return ofContainers(pod, reason.isEmpty() ? phase : reason);
  }

  /** The last word of its containers, the first container's before the others'. */
  private static String ofContainers(JsonNode pod, String otherwise) {
    var word = otherwise;
    var runs = false;
    var statuses = List.copyOf(Json.at(pod, "status", "containerStatuses").values());
    for (var container : statuses.reversed()) {
      var waiting = Json.text(container, "state", "waiting", "reason");
      var terminated = Json.at(container, "state", "terminated");
      if (!waiting.isEmpty()) {
        word = waiting;
      } else if (terminated.isObject()) {
        word = ended(terminated);
      } else {
        runs |= container.path("ready").booleanValue(false) && running(container);
      }
    }
    if (word.equals("Completed") && runs) {
      return condition(pod, "Ready") ? "Running" : "NotReady";
    }
    return word;
  }

  /** What its first unfinished initial container does; null when all have ended well. */
  private static @Nullable String initialising(JsonNode pod) {
    if (condition(pod, "Initialized")) {
      return null;
    }
    var statuses = Json.at(pod, "status", "initContainerStatuses");
    for (var i = 0; i < statuses.size(); i++) {
      var terminated = Json.at(statuses.get(i), "state", "terminated");
      var waiting = Json.text(statuses.get(i), "state", "waiting", "reason");
      if (terminated.isObject() && terminated.path("exitCode").intValue(0) != 0) {
        return "Init:" + ended(terminated);
      }
      if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
        return "Init:" + waiting;
      }
      if (!terminated.isObject()) {
        return "Init:" + i + "/" + Json.at(pod, "spec", "initContainers").size();
      }
    }
    return null;
  }

  private static String ended(JsonNode terminated) {
    var reason = Json.text(terminated, "reason");
    if (!reason.isEmpty()) {
      return reason;
    }
    var signal = terminated.path("signal").intValue(0);
    return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").intValue(0);
  }

  private static String restarts(JsonNode pod, Instant now) {
    var member = initialising(pod) != null ? "initContainerStatuses" : "containerStatuses";
    var count = 0;
    Instant last = null;
    for (var container : Json.at(pod, "status", member)) {
      count += container.path("restartCount").intValue(0);
      var finished = instant(Json.text(container, "lastState", "terminated", "finishedAt"));
      if (finished != null && (last == null || finished.isAfter(last))) {
        last = finished;
      }
    }
    return count == 0 || last == null
        ? Integer.toString(count)
        : count + " (" + Age.of(Duration.between(last, now)) + " ago)";
  }

  private static @Nullable Instant instant(String text) {
    try {
      return text.isEmpty() ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static String gates(JsonNode pod) {
    var gates = Json.at(pod, "spec", "readinessGates");
    if (gates.isEmpty()) {
      return "<none>";
    }
    var met = 0;
    for (var gate : gates) {
      if (condition(pod, Json.text(gate, "conditionType"))) {
        met++;
      }
    }
    return met + "/" + gates.size();
  }

  private static boolean running(JsonNode container) {
    return Json.at(container, "state", "running").isObject();
  }

  private static boolean condition(JsonNode pod, String type) {
    for (var condition : Json.at(pod, "status", "conditions")) {
      if (Json.text(condition, "type").equals(type)) {
        return Json.text(condition, "status").equals("True");
      }
    }
    return false;
  }
}
