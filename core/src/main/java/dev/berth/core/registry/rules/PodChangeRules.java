package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What of a pod may change once it exists: little. */
final class PodChangeRules {

  private static final List<String> CONTAINERS = List.of("containers", "initContainers");

  private PodChangeRules() {}

  static void validate(Field old, Field updated, Problems problems) {
    for (var member : CONTAINERS) {
      if (old.child(member).value().size() != updated.child(member).value().size()) {
        problems.forbidden(updated.child(member), "pod updates may not add or remove containers");
        return;
      }
    }
    checkDeadline(old, updated, problems);
    checkTolerations(old, updated, problems);
    checkGates(old, updated, problems);
    var before = fixed(old, old);
    var after = fixed(updated, old);
    if (!before.equals(after)) {
      problems.forbidden(
          updated,
          "pod updates may not change fields other than `spec.containers[*].image`,"
              + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
              + " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds`"
              + " (allow it to be set to 1 if it was previously negative)"
              + Differences.between(before, after, "spec"));
    }
  }

  /** The specification without what may change. */
  private static ObjectNode fixed(Field spec, Field old) {
    if (!(spec.value() instanceof ObjectNode object)) {
      return Json.object();
    }
    var fixed = object.deepCopy();
    fixed.remove(List.of("activeDeadlineSeconds", "tolerations", "schedulingGates"));
    if (old.child("terminationGracePeriodSeconds").number(0) < 0) {
      fixed.remove("terminationGracePeriodSeconds");
    }
    for (var member : CONTAINERS) {
      for (var container : fixed.path(member)) {
        if (container instanceof ObjectNode named) {
          named.remove("image");
        }
      }
    }
    return fixed;
  }

  private static void checkDeadline(Field old, Field updated, Problems problems) {
    var before = old.child("activeDeadlineSeconds");
    var after = updated.child("activeDeadlineSeconds");
    if (before.absent()) {
      return;
    }
    if (after.absent()) {
      problems.invalid(after, "must not update from a positive integer to nil value");
    } else if (after.number(0) > before.number(0)) {
      problems.invalid(
          after, "must be less than or equal to previous value (" + before.number(0) + ")");
    }
  }

  private static void checkTolerations(Field old, Field updated, Problems problems) {
    var after = updated.child("tolerations").items();
    for (var toleration : old.child("tolerations").items()) {
      var kept = withoutSeconds(toleration.value());
      if (after.stream().noneMatch(other -> withoutSeconds(other.value()).equals(kept))) {
        problems.forbidden(
            updated.child("tolerations"),
            "existing toleration can not be modified except its tolerationSeconds");
        return;
      }
    }
  }

  private static JsonNode withoutSeconds(JsonNode toleration) {
    return ((ObjectNode) toleration.deepCopy()).without("tolerationSeconds");
  }

  private static void checkGates(Field old, Field updated, Problems problems) {
    var before = List.copyOf(old.child("schedulingGates").value().values());
    for (var gate : updated.child("schedulingGates").items()) {
      if (!before.contains(gate.value())) {
        problems.forbidden(
            updated.child("schedulingGates"), "only deletion is allowed, but found new gates");
        return;
      }
    }
  }
}
