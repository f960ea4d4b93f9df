package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * A rule that is kept true: a function from what is there to what to write. It keeps nothing
 * between two calls, waits for nothing and reads nothing but what it is given.
 */
public interface Reconciler {

  /** What to do about {@code key}, which need not exist (any more). */
  Plan reconcile(ClusterView view, ObjectKey key, Instant now);

  /** Names the keys that are worth another look after a transition. */
  void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake);
}
