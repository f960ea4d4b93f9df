package dev.berth.node.sync;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.registry.Written;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes pods' statuses to the API, when they say something new. */
final class PodStatusWriter {
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private final Resources resources;

  PodStatusWriter(Resources resources) {
    this.resources = resources;
  }

  /**
   * Writes the status of this very version of the pod: the conditions are given as a whole, so that
   * nothing that was true once stays in them, and another's must not be lost.
   *
   * @param status its members, null for those to be removed
   * @return the pod as it is now; empty when there was nothing new to say, or when the pod is gone
   *     or has changed, which a change of it tells
   */
  Optional<PodObject> write(PodObject pod, ObjectNode status) {
    if (said(pod, status)) {
      return Optional.empty();
    }
    var patch = Json.object();
    patch
        .putObject("metadata")
        .put("uid", pod.ref().uid())
        .put("resourceVersion", Long.toString(pod.revision()));
    patch.set("status", status);
    try {
      var written =
          resources.patch(
              ResourceTypes.POD,
              pod.ref().namespace(),
              pod.ref().name(),
              Resources.STATUS,
              new Patch.MergePatch(patch),
              OPTIONS);
      return written.effect() == Written.Effect.UNCHANGED
          ? Optional.empty()
          : Optional.of(PodObject.of(written.object()));
    } catch (Rejection rejection) {
      if (rejection.isChangedOrGone()) {
        return Optional.empty();
      }
      throw rejection;
    }
  }

  /** Whether the pod's status says all that already. */
  private static boolean said(PodObject pod, ObjectNode status) {
    var present = pod.document().path("status");
    for (var member : status.properties()) {
      var found = present.path(member.getKey());
      var same =
          switch (member.getKey()) {
            case "conditions" -> byType(found).equals(byType(member.getValue()));
            default ->
                member.getValue().isNull()
                    ? found.isMissingNode() || found.isNull()
                    : found.equals(member.getValue());
          };
      if (!same) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, JsonNode> byType(JsonNode conditions) {
    var byType = new TreeMap<String, JsonNode>();
    conditions.forEach(condition -> byType.put(Json.text(condition, "type"), condition));
    return byType;
  }
}
