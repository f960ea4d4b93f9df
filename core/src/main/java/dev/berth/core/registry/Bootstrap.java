package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.util.List;

/** What every store must hold before it is served. */
public final class Bootstrap {

  /** The namespaces that are there from the beginning. */
  public static final List<String> NAMESPACES =
      List.of("default", "kube-system", "kube-node-lease");

  private Bootstrap() {}

  /** Creates the namespaces that are missing. To be called at every start. */
  public static void ensureNamespaces(Resources resources) {
    for (var name : NAMESPACES) {
      var namespace = Json.object();
      namespace.putObject("metadata").put("name", name);
      try {
        resources.create(ResourceTypes.NAMESPACE, "", namespace, WriteOptions.DEFAULT);
      } catch (Rejection rejection) {
        if (!rejection.status().reason().equals("AlreadyExists")) {
          throw rejection;
        }
      }
    }
  }
}
