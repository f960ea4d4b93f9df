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
    UNSCHEDULABLE("node(s) were unschedulable", false, Relief.NODE),
    TAINT("node(s) had untolerated taint ", false, Relief.NODE),
    AFFINITY("node(s) didn't match Pod's node affinity/selector", false, Relief.NODE),
    PODS("Too many pods", true, Relief.ROOM, Relief.NODE),
    RESOURCE("Insufficient ", true, Relief.ROOM, Relief.NODE),
    PORTS(
        "node(s) didn't have free ports for the requested pod ports",
        true,
        Relief.POD_GONE,
        Relief.NODE),
    VOLUME_MISSING(
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        false,
        Relief.VOLUME,
        Relief.CLAIM),
    VOLUME_PLACE("node(s) had volume node affinity conflict", false, Relief.NODE, Relief.CLAIM),
    VOLUME_IN_USE(
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access"
            + " mode",
        true,
        Relief.POD_GONE),
    VOLUME_LIMIT("node(s) exceed max volume count", true, Relief.POD_GONE, Relief.NODE),
    POD_AFFINITY("node(s) didn't match pod affinity rules", false, Relief.POD_CAME, Relief.NODE),
    POD_ANTI_AFFINITY(
        "node(s) didn't match pod anti-affinity rules", true, Relief.POD_GONE, Relief.NODE),
    EXISTING_ANTI_AFFINITY(
        "node(s) didn't satisfy existing pods anti-affinity rules",
        true,
        Relief.POD_GONE,
        Relief.NODE),
    SPREAD(
        "node(s) didn't match pod topology spread constraints",
        true,
        Relief.POD_GONE,
        Relief.POD_CAME,
        Relief.NODE),
    SPREAD_LABEL(
        "node(s) didn't match pod topology spread constraints (missing required label)",
        false,
        Relief.NODE),
    VOLUME_SPREAD(
        "node(s) didn't match the volume spread of the pod's claims",
        false,
        Relief.NODE,
        Relief.CLAIM),
    COMPANY(
        "node(s) couldn't take the other pods of the volume group as well: ",
        false,
        Relief.values()),
    CORDONED(
        "node(s) had fitting persistent volumes only on disks that are cordoned: ",
        false,
        Relief.VOLUME,
        Relief.NODE,
        Relief.CLAIM),
    NO_SPACE(
        "node(s) did not have enough free storage",
        false,
        Relief.SPACE,
        Relief.VOLUME,
        Relief.NODE,
        Relief.CLAIM),
    NO_VOLUME(
        "node(s) didn't find available persistent volumes to bind",
        false,
        Relief.VOLUME,
        Relief.NODE,
        Relief.CLAIM);

    private final String message;
    private final boolean bendable;
    private final Set<Relief> reliefs;

    Rule(String message, boolean bendable, Relief... reliefs) {
      this.message = message;
      this.bendable = bendable;
      this.reliefs = Set.of(reliefs);
    }

    /** The kinds of change that can make it say yes. */
    public Set<Relief> reliefs() {
      return reliefs;
    }

    /** Whether it can say yes as soon as other pods leave the node. */
    public boolean bendsWhenPodsLeave() {
      return bendable;
    }
  }

  static final Refusal UNSCHEDULABLE = of(Rule.UNSCHEDULABLE);
  static final Refusal AFFINITY = of(Rule.AFFINITY);
  static final Refusal PODS = of(Rule.PODS);
  static final Refusal CPU = new Refusal(Rule.RESOURCE, "cpu");
  static final Refusal MEMORY = new Refusal(Rule.RESOURCE, "memory");

  static Refusal of(Rule rule) {
    return new Refusal(rule, "");
  }

  /**
   * @param cordoned volumes that would have done
   */
  static Refusal ofNoVolume(Set<String> cordoned) {
    return cordoned.isEmpty()
        ? of(Rule.NO_VOLUME)
        : new Refusal(Rule.CORDONED, String.join(", ", cordoned));
  }

  /**
   * @param pod of the same volume group that the node cannot take beside the one in question
   * @param why it cannot
   */
  static Refusal ofCompany(String pod, Refusal why) {
    return new Refusal(Rule.COMPANY, "%s (%s)".formatted(pod, why.message()));
  }

  /** The reason as Kubernetes words it. */
  public String message() {
    return rule.message + detail;
  }
}
