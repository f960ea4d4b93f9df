package dev.berth.bin.client;

import dev.berth.core.model.ResourceTypes;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** How full the volume of a claim is, asked of the nodes that could have it mounted. */
final class ClaimUsage {
  private static final String STATS = "/proxy/stats/summary";

  private ClaimUsage() {}

  /** For people; empty when no pod has it mounted where it can be seen from here. */
  static Optional<String> of(ApiClient api, ObjectNode claim) {
    for (var node : DisksCommand.all(api)) {
      var found = on(api, node, claim.path("metadata"));
      if (found.isPresent()) {
        return found.map(ClaimUsage::text);
      }
    }
    return Optional.empty();
  }

  private static Optional<JsonNode> on(ApiClient api, String node, JsonNode claim) {
    try {
      var summary = api.get(ApiClient.path(ResourceTypes.NODE, null, node) + STATS, ApiClient.JSON);
      return summary
          .path("pods")
          .valueStream()
          .flatMap(pod -> pod.path("volume").valueStream())
          .filter(volume -> same(volume.path("pvcRef"), claim, "namespace"))
          .filter(volume -> same(volume.path("pvcRef"), claim, "name"))
          .findFirst();
    } catch (ClientException e) {
      // A node without a process behind it, or gone since the list.
      return Optional.empty();
    }
  }

  private static boolean same(JsonNode one, JsonNode other, String member) {
    return one.path(member).asString("").equals(other.path(member).asString(""));
  }

  static String text(JsonNode volume) {
    var problem = volume.path("problem").asString("");
    if (!problem.isEmpty()) {
      return "unknown: " + problem;
    }
    var capacity = volume.path("capacityBytes").asLong(0);
    var used = volume.path("usedBytes").asLong(0);
    var files = volume.path("inodes").asLong(0);
    return "%s of %s (%d%%)%s"
        .formatted(
            DisksCommand.size(used),
            DisksCommand.size(capacity),
            capacity == 0 ? 0 : Math.round(used * 100.0 / capacity),
            files == 0
                ? ""
                : ", %d of %d inodes".formatted(volume.path("inodesUsed").asLong(0), files));
  }
}
