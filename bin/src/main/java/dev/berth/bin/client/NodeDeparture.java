package dev.berth.bin.client;

import dev.berth.core.control.Keys;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;

/** What the API still says of a node that has left its host. */
public final class NodeDeparture {
  private NodeDeparture() {}

  /**
   * Takes back what it told of the space in its pools, where a server answers; else that goes with
   * the Node object.
   *
   * @param dryRun only says what would be done
   */
  public static void takeBackReports(
      Connection connection, String node, boolean dryRun, Console console) {
    var out = console.out();
    try {
      var api = connection.open();
      var type = ResourceTypes.STORAGE_CAPACITY;
      var selector = ApiClient.encode(CsiStorageCapacity.REPORTER + "=" + node);
      var list =
          api.get(
              ApiClient.path(type, Keys.NODE_LEASES, null) + "?labelSelector=" + selector,
              ApiClient.JSON);
      for (var report : list.path("items")) {
        var name = Json.text(report, "metadata", "name");
        out.println((dryRun ? "would remove" : "removing") + " csistoragecapacity/" + name);
        if (!dryRun) {
          api.delete(ApiClient.path(type, Keys.NODE_LEASES, name), Json.object());
        }
      }
    } catch (ClientException e) {
      out.printf(
          "%s; what node %s told of its pools goes with its object: kubectl delete node %s%n",
          e.getMessage(), node, node);
    }
  }
}
