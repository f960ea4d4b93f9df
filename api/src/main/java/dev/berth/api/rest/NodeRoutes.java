package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.NodeAccess;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.VolumeUsage;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.Status;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The insides of nodes: their disks, what nobody owns on them, and how full their volumes are. */
final class NodeRoutes {
  private final Resources resources;
  private final NodeAccess nodes;

  NodeRoutes(Resources resources, NodeAccess nodes) {
    this.resources = resources;
    this.nodes = nodes;
  }

  Operation route(Request request, ResourcePath.Item path) {
    if (!request.method().equals("GET")) {
      throw StatusBody.methodNotAllowed();
    }
    var stats = path.subresource().equals(ResourcePath.STATS);
    return ResourceRoutes.operation(
        "get",
        ResourceTypes.NODE,
        path.subresource(),
        Weight.STREAM,
        () -> Answer.json(200, Json.write(stats ? summary(path.name()) : list(path.name()))));
  }

  /** As Kubernetes' kubelet tells it; a volume that does not answer has no figures. */
  private ObjectNode summary(String node) {
    resources.get(ResourceTypes.NODE, "", node);
    var body = Json.object();
    body.putObject("node").put("nodeName", node);
    var pods = body.putArray("pods");
    var volumes = new LinkedHashMap<String, ArrayNode>();
    for (var usage : usages(node)) {
      volumes
          .computeIfAbsent(
              usage.podUid(),
              uid -> {
                var pod = pods.addObject();
                pod.putObject("podRef")
                    .put("name", usage.pod())
                    .put("namespace", usage.namespace())
                    .put("uid", uid);
                return pod.putArray("volume");
              })
          .add(volume(usage));
    }
    return body;
  }

  private static ObjectNode volume(VolumeUsage usage) {
    var volume = Json.object();
    volume.put("name", usage.volume());
    volume.putObject("pvcRef").put("name", usage.claim()).put("namespace", usage.namespace());
    volume.put("time", usage.time().truncatedTo(ChronoUnit.SECONDS).toString());
    if (usage.problem().isEmpty()) {
      var figures = usage.figures();
      volume.put("capacityBytes", figures.capacityBytes());
      volume.put("availableBytes", figures.availableBytes());
      volume.put("usedBytes", figures.usedBytes());
      volume.put("inodes", figures.inodes());
      volume.put("inodesFree", figures.inodesFree());
      volume.put("inodesUsed", figures.inodesUsed());
    } else {
      volume.put("problem", usage.problem());
    }
    return volume;
  }

  private List<VolumeUsage> usages(String node) {
    try {
      return nodes.usage().of(node).orElseThrow(() -> elsewhere(node, "volumes"));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw unavailable("the server stops");
    }
  }

  private static Rejection elsewhere(String node, String what) {
    return new Rejection(
        new Status(
            404,
            "NotFound",
            "node \"%s\" is not hosted by this server: its %s cannot be seen from here"
                .formatted(node, what),
            null));
  }

  private ObjectNode list(String node) {
    resources.get(ResourceTypes.NODE, "", node);
    var body = Json.object();
    body.put("kind", "DiskList");
    body.put("apiVersion", "berth.dev/v1");
    var items = body.putArray("items");
    var storage = storage(node);
    for (var report : storage.disks()) {
      var item = items.addObject();
      item.put("device", report.device());
      item.put("path", report.path());
      item.put("sizeBytes", report.sizeBytes());
      item.put("readOnly", report.readOnly());
      item.put("serial", report.serial());
      item.put("content", report.content());
      report.usedBy().forEach(item.putArray("usedBy")::add);
      item.put("usable", report.usable());
      item.put("reason", report.reason());
      item.put("health", report.health());
      item.put("cordon", report.cordon());
    }
    var orphans = body.putArray("orphans");
    for (var orphan : storage.orphans()) {
      orphans
          .addObject()
          .put("what", orphan.what())
          .put("kind", orphan.kind())
          .put("certain", orphan.certain())
          .put("remedy", orphan.remedy());
    }
    return body;
  }

  private NodeStorage storage(String node) {
    try {
      return nodes.disks().of(node).orElseThrow(() -> elsewhere(node, "disks"));
    } catch (IOException e) {
      throw unavailable(
          "the disks of node \"%s\" cannot be read: %s".formatted(node, e.getMessage()));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw unavailable("the server stops");
    }
  }

  private static Rejection unavailable(String message) {
    return new Rejection(StatusBody.retryLater(503, "ServiceUnavailable", message, 5));
  }
}
