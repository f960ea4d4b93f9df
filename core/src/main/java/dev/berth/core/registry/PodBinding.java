package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.Problems;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Gives pods to nodes. */
final class PodBinding {

  private static final ResourceType POD = ResourceTypes.POD;
  private static final String SCHEDULED = "PodScheduled";

  private PodBinding() {}

  /**
   * @throws Rejection when this is no Binding of the pod to a node
   */
  static void requireValid(String pod, ObjectNode binding) {
    var kind = Json.text(binding, "kind");
    if (!kind.isEmpty() && !kind.equals("Binding")) {
      throw Rejections.badRequest(
          "the kind in the data (%s) does not match the expected kind (Binding)".formatted(kind));
    }
    var named = Metadata.text(binding, "name");
    if (!named.isEmpty() && !named.equals(pod)) {
      throw Rejections.badRequest(
          "the name of the Binding object (%s) does not match the name on the URL (%s)"
              .formatted(named, pod));
    }
    var target = Field.root(binding).child("target");
    var problems = new Problems();
    if (!Set.of("", "Node").contains(target.child("kind").text())) {
      problems.unsupported(target.child("kind"), List.of("Node", "<empty>"));
    }
    if (target.child("name").text().isEmpty()) {
      problems.required(target.child("name"), "the node that the pod shall run on");
    }
    if (!problems.none()) {
      throw Rejections.invalid(BINDING, pod, problems.found());
    }
  }

  private static final ResourceType BINDING =
      new ResourceType(
          "", "v1", "Binding", "bindings", "binding", List.of(), true, Set.of(), POD.view());

  /**
   * The pod on its node.
   *
   * @throws Rejection when it already has one, or is being deleted
   */
  static ObjectNode bound(ObjectNode pod, ObjectNode binding, Instant now) {
    var name = Metadata.text(pod, "name");
    if (Metadata.deleting(pod)) {
      throw Rejections.conflict(
          POD, name, "pod " + name + " is being deleted, cannot be assigned to a host");
    }
    var node = Json.text(pod, "spec", "nodeName");
    if (!node.isEmpty()) {
      throw Rejections.conflict(
          POD, name, "pod " + name + " is already assigned to node \"" + node + "\"");
    }
    var result = pod.deepCopy();
    result.withObject("spec").put("nodeName", Json.text(binding, "target", "name"));
    var annotations = Json.at(binding, "metadata", "annotations");
    if (annotations instanceof ObjectNode added && !added.isEmpty()) {
      Metadata.of(result).withObject("annotations").setAll(added);
    }
    var status = result.withObject("status");
    status.remove("nominatedNodeName");
    setScheduled(status.withArray("conditions"), now);
    return result;
  }

  private static void setScheduled(ArrayNode conditions, Instant now) {
    for (var i = conditions.size() - 1; i >= 0; i--) {
      if (Json.text(conditions.get(i), "type").equals(SCHEDULED)) {
        conditions.remove(i);
      }
    }
    conditions
        .addObject()
        .put("type", SCHEDULED)
        .put("status", "True")
        .put("lastTransitionTime", Metadata.timestamp(now));
  }
}
