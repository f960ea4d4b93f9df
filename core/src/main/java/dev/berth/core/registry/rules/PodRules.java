package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import tools.jackson.databind.node.ObjectNode;

/** Pods: what a container is given when it does not say, and how it comes to an end. */
final class PodRules extends KindRules {

  private static final String BINDING = "binding";
  private static final long GRACE_SECONDS = 30;

  @Override
  public void begin(ObjectNode object) {
    object.set("status", Json.object().put("phase", "Pending"));
  }

  @Override
  public ObjectNode merge(String subresource, ObjectNode old, ObjectNode asked) {
    return subresource.equals(BINDING) ? asked : super.merge(subresource, old, asked);
  }

  /** Where nothing can run any more, or yet, there is nothing to wait for. */
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
