package dev.berth.node;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The life of a volume with all that a node does to it, as a list of phases.
 *
 * @param plugin the kind of volume that it is about
 * @param prepare what is there before the server is started
 */
record FaultScene(String name, String plugin, Part prepare, List<Phase> phases) {

  /** Something that is done to, or expected of, a cell. */
  @FunctionalInterface
  interface Part {
    void with(FaultCell cell) throws Exception;
  }

  /**
   * A change and what has to come of it.
   *
   * @param check waits; holds again after whatever restart
   * @param before the other phases whose faults it matters for; empty for all
   */
  record Phase(String name, Part act, Part check, Set<String> before) {
    Phase(String name, Part act, Part check) {
      this(name, act, check, Set.of());
    }

    /** A phase of which the others are independent, but for those named. */
    Phase only(String... others) {
      return new Phase(name, act, check, Set.of(others));
    }
  }

  /**
   * The phases that matter for a fault.
   *
   * @param plan null for all
   */
  List<Phase> phases(FaultSeams.@Nullable Plan plan) {
    return phases.stream()
        .filter(
            phase ->
                plan == null
                    || phase.before().isEmpty()
                    || phase.name().equals(plan.step().phase())
                    || phase.before().contains(plan.step().phase()))
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
