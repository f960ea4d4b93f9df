package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.rules.PriorityClassRules;
import java.util.List;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** What every store must hold before it is served. */
public final class Bootstrap {

  /** The namespaces that are there from the beginning. */
  public static final List<String> NAMESPACES =
      List.of("default", "kube-system", "kube-node-lease");

  private Bootstrap() {}

  /** Creates the namespaces and the system's classes of priority. To be called at every start. */
  public static void ensure(Resources resources) {
    for (var name : NAMESPACES) {
      ensure(resources, ResourceTypes.NAMESPACE, name, Json.object());
    }
    for (var known : new TreeMap<>(PriorityClassRules.SYSTEM).entrySet()) {
      var priority = Json.object();
      priority.put("value", known.getValue());
      priority.put("description", "Used for pods that the system itself needs.");
      ensure(resources, ResourceTypes.PRIORITY_CLASS, known.getKey(), priority);
    }
  }

  private static void ensure(
      Resources resources, ResourceType type, String name, ObjectNode object) {
    object.putObject("metadata").put("name", name);
    try {
      resources.create(type, "", object, WriteOptions.DEFAULT);
    } catch (Rejection rejection) {
      if (!rejection.status().reason().equals("AlreadyExists")) {
        throw rejection;
      }
    }
  }
}
