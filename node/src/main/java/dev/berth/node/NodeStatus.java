package dev.berth.node;

import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.node.plugin.VolumeId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the Node object says: functions of what is known. Labels, annotations and taints that others
 * gave it are not touched.
 */
final class NodeStatus {
  static final String ATTACH_ANNOTATION = "volumes.kubernetes.io/controller-managed-attach-detach";

  /** Condition of a Node: whether the disks of all of its volumes are in order. */
  static final String DISKS_HEALTHY = "DisksHealthy";

  /** So many of those that are not are named in it. */
  private static final int MOST_DISKS = 10;

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
    metadata
        .putObject("annotations")
        .put(ATTACH_ANNOTATION, "true")
        .put(
            NodeProvisioner.POOLS_OF_NODE,
            String.join(",", new TreeSet<>(config.pools().keySet())));
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
      Map<String, String> failingDisks,
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
    inUse(status, inUse);
    var conditions = status.putArray("conditions");
    conditions(conditions, node, readiness, now);
    disks(conditions, node, failingDisks, now);
    for (var condition : document.path("status").path("conditions")) {
      if (!ours(Json.text(condition, "type"))) {
        conditions.add(condition);
      }
    }
    return status;
  }

  /** The member of its status that names the volumes in use. */
  static void inUse(ObjectNode status, Set<VolumeId> inUse) {
    var volumes = status.putArray("volumesInUse");
    inUse.stream().sorted().map(VolumeId::toString).forEach(volumes::add);
  }

  private static void conditions(ArrayNode into, Node node, Readiness readiness, Instant now) {
    for (var pressure : new String[] {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
      add(into, node, pressure, false, "NodeHasNoPressure", "", now);
    }
    add(into, node, "Ready", readiness.ready(), readiness.reason(), readiness.message(), now);
  }

  private static void disks(ArrayNode into, Node node, Map<String, String> failing, Instant now) {
    var message =
        failing.entrySet().stream()
            .limit(MOST_DISKS)
            .map(disk -> "volume %s: %s".formatted(disk.getKey(), disk.getValue()))
            .collect(Collectors.joining("; "));
    var more =
        failing.size() > MOST_DISKS ? "; and %d more".formatted(failing.size() - MOST_DISKS) : "";
    var reason = failing.isEmpty() ? "NoDiskFails" : "DisksFail";
    add(into, node, DISKS_HEALTHY, failing.isEmpty(), reason, message + more, now);
  }

  private static boolean ours(String condition) {
    return condition.endsWith("Pressure")
        || condition.equals("Ready")
        || condition.equals(DISKS_HEALTHY);
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
