package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.DiskReport;
import dev.berth.core.node.NodeDisks;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.Status;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The insides of nodes: their disks. */
final class NodeRoutes {
  private final Resources resources;
  private final NodeDisks disks;

  NodeRoutes(Resources resources, NodeDisks disks) {
    this.resources = resources;
    this.disks = disks;
  }

  Operation route(Request request, ResourcePath.Item path) {
    if (!request.method().equals("GET")) {
      throw StatusBody.methodNotAllowed();
    }
    return ResourceRoutes.operation(
        "get",
        ResourceTypes.NODE,
        path.subresource(),
        Weight.STREAM,
        () -> Answer.json(200, Json.write(list(path.name()))));
  }

  private ObjectNode list(String node) {
    resources.get(ResourceTypes.NODE, "", node);
    var body = Json.object();
    body.put("kind", "DiskList");
    body.put("apiVersion", "berth.dev/v1");
    var items = body.putArray("items");
    for (var report : reports(node)) {
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
    }
    return body;
  }

  private List<DiskReport> reports(String node) {
    try {
      return disks
          .of(node)
          .orElseThrow(
              () ->
                  new Rejection(
                      new Status(
                          404,
                          "NotFound",
                          "node \"%s\" is not hosted by this server: its disks cannot be seen from here"
                              .formatted(node),
                          null)));
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
