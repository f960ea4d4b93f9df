package dev.berth.node.sync;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What to do about a pod now, and what to tell of it.
 *
 * @param demand on its volumes
 * @param wake when to decide again although nothing happened
 * @param finished whether nothing of the pod is left, here and in the API
 */
record PodPlan(
    Demand demand, List<PodAction> actions, Told told, Optional<Instant> wake, boolean finished) {

  /** What a pod asks of the volume manager. */
  enum Demand {
    WANT,
    HOLD,
    RELEASE
  }

  /**
   * What its status says.
   *
   * @param phase Pending, Running, Succeeded or Failed
   * @param reason empty for none
   * @param message empty for none
   * @param initialized whether all init containers have succeeded
   */
  record Told(String phase, String reason, String message, boolean initialized) {}

  PodPlan {
    actions = List.copyOf(actions);
  }
}
