package dev.berth.node;

import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.node.plugin.VolumeId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the Node object says: functions of what is known. Labels, annotations and taints that others
 * gave it are not touched.
 */
final class NodeStatus {
  static final String ATTACH_ANNOTATION = "volumes.kubernetes.io/controller-managed-attach-detach";

  private NodeStatus() {}

  /** Whether pods can run here. */
  record Readiness(boolean ready, String reason, String message, String runtimeVersion) {}

  /** The labels that the node gives itself. */
  static Map<String, String> labels(NodeConfig config, NodeFacts facts) {
    var labels = new TreeMap<>(config.labels());
    labels.put(Node.HOSTNAME_LABEL, config.name());
    labels.put("kubernetes.io/os", "linux");
    labels.put("kubernetes.io/arch", facts.architecture());
    return labels;
  }

  /** A new Node, or the changes to an old one, without its status. */
  static ObjectNode object(NodeConfig config, NodeFacts facts) {
    var node = Json.object();
    var metadata = node.putObject("metadata");
    metadata.put("name", config.name());
    var labels = metadata.putObject("labels");
    labels(config, facts).forEach(labels::put);
    metadata.putObject("annotations").put(ATTACH_ANNOTATION, "true");
    return node;
  }

  /**
   * The members of its status.
   *
   * @param document of the node, from which the conditions of others are taken as they are
   */
  static ObjectNode status(
      JsonNode document,
      Node node,
      NodeConfig config,
      NodeFacts facts,
      Readiness readiness,
      Set<VolumeId> inUse,
      Instant now) {
    var status = Json.object();
    status.set("capacity", Json.tree(facts.capacity()));
    status.set("allocatable", Json.tree(facts.allocatable()));
    var addresses = status.putArray("addresses");
    addresses.addObject().put("type", "InternalIP").put("address", facts.address());
    addresses.addObject().put("type", "Hostname").put("address", config.name());
    var info = status.putObject("nodeInfo");
    facts.info().forEach(info::put);
    info.put("containerRuntimeVersion", readiness.runtimeVersion());
    var volumes = status.putArray("volumesInUse");
    inUse.stream().sorted().map(VolumeId::toString).forEach(volumes::add);
    var conditions = status.putArray("conditions");
    conditions(conditions, node, readiness, now);
    for (var condition : document.path("status").path("conditions")) {
      if (!ours(Json.text(condition, "type"))) {
        conditions.add(condition);
      }
    }
    return status;
  }

  private static void conditions(ArrayNode into, Node node, Readiness readiness, Instant now) {
    for (var pressure : new String[] {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
      add(into, node, pressure, false, "NodeHasNoPressure", "", now);
    }
    add(into, node, "Ready", readiness.ready(), readiness.reason(), readiness.message(), now);
  }

  private static boolean ours(String condition) {
    return condition.endsWith("Pressure") || condition.equals("Ready");
  }

  private static void add(
      ArrayNode into,
      Node node,
      String type,
      boolean value,
      String reason,
      String message,
      Instant now) {
    var text = value ? "True" : "False";
    var since =
        node.status().conditions().stream()
            .filter(condition -> condition.type().equals(type) && condition.status().equals(text))
            .map(Condition::lastTransitionTime)
            .findFirst()
            .orElse(now);
    into.addObject()
        .put("type", type)
        .put("status", text)
        .put("reason", reason)
        .put("message", message)
        .put("lastHeartbeatTime", time(now))
        .put("lastTransitionTime", time(since == null ? now : since));
  }

  private static String time(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
