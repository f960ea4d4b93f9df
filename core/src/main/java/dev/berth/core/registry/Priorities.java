package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Which pods matter more: by the names that the system itself uses, all others alike. */
final class Priorities {

  private static final Map<String, Integer> CLASSES =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  private Priorities() {}

  /**
   * @throws Rejection when the pod names a class that does not exist, or a number of its own
   */
  static void give(ObjectNode pod) {
    if (!(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    var className = Json.text(spec, "priorityClassName");
    var priority = className.isEmpty() ? Integer.valueOf(0) : CLASSES.get(className);
    var name = Metadata.text(pod, "name");
    if (priority == null) {
      throw Rejections.forbidden(
          ResourceTypes.POD, name, "no PriorityClass with name " + className + " was found");
    }
    if (spec.has("priority") && spec.path("priority").intValue(0) != priority) {
      throw Rejections.forbidden(
          ResourceTypes.POD,
          name,
          "the integer value of priority (%s) must not be provided in pod spec; priority admission"
                  .formatted(spec.path("priority"))
              + " controller computed %d from the given PriorityClass name".formatted(priority));
    }
    spec.put("priority", priority);
    if (!spec.has("preemptionPolicy")) {
      spec.put("preemptionPolicy", "PreemptLowerPriority");
    }
  }
}
