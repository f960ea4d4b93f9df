package dev.berth.core.registry.rules;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Classes of priority; those that are called {@code system-…} belong to the system. */
public final class PriorityClassRules extends KindRules {

  /** The classes that are there from the beginning. */
  public static final Map<String, Integer> SYSTEM =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  public static final String PREEMPT = "PreemptLowerPriority";

  private static final String RESERVED = "system-";
  private static final int MOST_OF_USERS = 1_000_000_000;

  PriorityClassRules() {}

  @Override
  public void setDefaults(ObjectNode object) {
    Defaults.put(object, "preemptionPolicy", PREEMPT);
  }

  @Override
  public void validate(Field object, Problems problems) {
    var name = object.at("metadata", "name");
    var value = object.child("value");
    if (name.text().startsWith(RESERVED)) {
      if (!isOfSystem(object)) {
        problems.forbidden(
            name,
            "priority class names with '"
                + RESERVED
                + "' prefix are reserved for system use only. error: "
                + name.text()
                + " is not a known system priority class, or has another value or globalDefault");
      }
    } else if (value.number(0) > MOST_OF_USERS) {
      problems.forbidden(
          value, "maximum allowed value of a user defined priority is " + MOST_OF_USERS);
    }
    Checks.oneOf(object.child("preemptionPolicy"), Set.of(PREEMPT, "Never"), problems);
  }

  private static boolean isOfSystem(Field object) {
    var known = SYSTEM.get(object.at("metadata", "name").text());
    return known != null
        && object.child("value").number(0) == known
        && !object.child("globalDefault").flag();
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    if (old.child("value").number(0) != updated.child("value").number(0)) {
      problems.forbidden(updated.child("value"), "may not be changed in an update.");
    }
    Checks.immutable(old.child("preemptionPolicy"), updated.child("preemptionPolicy"), problems);
  }
}
