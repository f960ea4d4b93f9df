package dev.berth.core.schedule;

import dev.berth.core.control.Plan.Relief;
import java.util.Set;

/**
 * Why a node cannot take a pod.
 *
 * @param rule that said no
 * @param detail what exactly it was about: a taint, a resource; empty when the rule says it all
 */
public record Refusal(Rule rule, String detail) {

  /** The rules, in the order in which they are asked. */
  public enum Rule {
    UNSCHEDULABLE("node(s) were unschedulable", Relief.NODE),
    TAINT("node(s) had untolerated taint ", Relief.NODE),
    AFFINITY("node(s) didn't match Pod's node affinity/selector", Relief.NODE),
    PODS("Too many pods", Relief.ROOM, Relief.NODE),
    RESOURCE("Insufficient ", Relief.ROOM, Relief.NODE),
    VOLUME_MISSING(
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        Relief.VOLUME,
        Relief.CLAIM),
    VOLUME_PLACE("node(s) had volume node affinity conflict", Relief.NODE, Relief.CLAIM),
    CORDONED(
        "node(s) had fitting persistent volumes only on disks that are cordoned: ",
        Relief.VOLUME,
        Relief.NODE,
        Relief.CLAIM),
    NO_VOLUME(
        "node(s) didn't find available persistent volumes to bind",
        Relief.VOLUME,
        Relief.NODE,
        Relief.CLAIM);

    private final String message;
    private final Set<Relief> reliefs;

    Rule(String message, Relief... reliefs) {
      this.message = message;
      this.reliefs = Set.of(reliefs);
    }

    /** The kinds of change that can make it say yes. */
    public Set<Relief> reliefs() {
      return reliefs;
    }
  }

  static final Refusal UNSCHEDULABLE = new Refusal(Rule.UNSCHEDULABLE, "");
  static final Refusal AFFINITY = new Refusal(Rule.AFFINITY, "");
  static final Refusal PODS = new Refusal(Rule.PODS, "");
  static final Refusal CPU = new Refusal(Rule.RESOURCE, "cpu");
  static final Refusal MEMORY = new Refusal(Rule.RESOURCE, "memory");
  static final Refusal VOLUME_MISSING = new Refusal(Rule.VOLUME_MISSING, "");
  static final Refusal VOLUME_PLACE = new Refusal(Rule.VOLUME_PLACE, "");
  static final Refusal NO_VOLUME = new Refusal(Rule.NO_VOLUME, "");

  /**
   * @param cordoned volumes that would have done
   */
  static Refusal ofNoVolume(Set<String> cordoned) {
    return cordoned.isEmpty() ? NO_VOLUME : new Refusal(Rule.CORDONED, String.join(", ", cordoned));
  }

  /** The reason as Kubernetes words it. */
  public String message() {
    return rule.message + detail;
  }
}
