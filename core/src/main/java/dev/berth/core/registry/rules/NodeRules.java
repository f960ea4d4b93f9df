package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Nodes. Whoever registers one may say at once what it has. */
final class NodeRules extends KindRules {

  private static final Set<String> EFFECTS = Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");

  @Override
  public void setDefaults(ObjectNode object) {
    if (object.get("status") instanceof ObjectNode status
        && status.get("capacity") instanceof ObjectNode capacity
        && !status.has("allocatable")) {
      status.set("allocatable", capacity.deepCopy());
    }
  }

  @Override
  public void validate(Field object, Problems problems) {
    var seen = new HashSet<String>();
    for (var taint : object.at("spec", "taints").items()) {
      checkTaint(taint, problems);
      if (!seen.add(taint.child("key").text() + ":" + taint.child("effect").text())) {
        problems.duplicate(taint);
      }
    }
    Checks.notNegativeQuantities(object.at("status", "capacity"), problems);
    Checks.notNegativeQuantities(object.at("status", "allocatable"), problems);
  }

  private static void checkTaint(Field taint, Problems problems) {
    var key = taint.child("key");
    if (Checks.required(key, problems)) {
      MetadataRules.checkQualifiedName(key, key.text(), problems);
    }
    MetadataRules.checkLabelValue(taint.child("value"), taint.child("value").text(), problems);
    if (Checks.required(taint.child("effect"), problems)) {
      Checks.oneOf(taint.child("effect"), EFFECTS, problems);
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    var before = spec(old);
    var after = spec(updated);
    before.remove(Set.of("unschedulable", "taints"));
    after.remove(Set.of("unschedulable", "taints"));
    for (var once : new String[] {"providerID", "podCIDR", "podCIDRs"}) {
      if (!before.has(once)) {
        after.remove(once);
      }
    }
    if (!before.equals(after)) {
      problems.forbidden(
          updated.child("spec"),
          "node updates may only change labels, taints, or capacity"
              + Differences.between(before, after, "spec"));
    }
  }

  private static ObjectNode spec(Field node) {
    return node.child("spec").value() instanceof ObjectNode spec ? spec.deepCopy() : Json.object();
  }
}
