package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import tools.jackson.databind.node.ObjectNode;

/** Pods: what they are given, what makes them valid, what may change, how they come to an end. */
final class PodRules extends KindRules {

  static final int GRACE_SECONDS = 30;
  private static final String BINDING = "binding";

  @Override
  public void setDefaults(ObjectNode object) {
    if (object.get("spec") instanceof ObjectNode spec) {
      PodDefaults.set(spec);
    }
    Defaults.put(object.withObject("status"), "phase", "Pending");
  }

  @Override
  public void begin(ObjectNode object) {
    if (object.get("spec") instanceof ObjectNode spec) {
      PodDefaults.tolerateTroubledNodes(spec);
    }
    object.set(
        "status",
        Json.object()
            .put("phase", "Pending")
            .put("qosClass", PodDefaults.qosClass(object.path("spec"))));
  }

  @Override
  public void validate(Field object, Problems problems) {
    PodSpecRules.validate(object.child("spec"), problems);
  }

  @Override
  public void validateNew(Field object, Problems problems) {
    var ephemeral = object.at("spec", "ephemeralContainers");
    if (!ephemeral.value().isEmpty()) {
      problems.forbidden(ephemeral, "cannot be set on create");
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    if (!subresource.equals(BINDING)) {
      PodChangeRules.validate(old.child("spec"), updated.child("spec"), problems);
    }
  }

  @Override
  public ObjectNode merge(String subresource, ObjectNode old, ObjectNode asked) {
    return subresource.equals(BINDING) ? asked : super.merge(subresource, old, asked);
  }

  /**
   * Where nothing can run any more, or yet, there is nothing to wait for. Otherwise the node is
   * waited for, however short: only who says zero takes the object away from under its containers.
   */
  @Override
  public long gracePeriodSeconds(ObjectNode object, long asked) {
    var phase = Json.text(object, "status", "phase");
    if (Json.text(object, "spec", "nodeName").isEmpty()
        || phase.equals("Succeeded")
        || phase.equals("Failed")) {
      return 0;
    }
    var own = Json.at(object, "spec", "terminationGracePeriodSeconds").longValue(GRACE_SECONDS);
    return asked >= 0 ? asked : Math.max(1, own);
  }
}
