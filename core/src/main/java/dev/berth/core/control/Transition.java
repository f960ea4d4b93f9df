package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.storage.ObjectKey;
import org.jspecify.annotations.Nullable;

/**
 * What became different about an object: somebody's write arrived, a write of our own was answered,
 * or one of our own failed and was taken back (then {@code before} is what it would have made).
 *
 * @param before null when there was none
 * @param after null when there is none now
 */
public record Transition(ObjectKey key, @Nullable ApiObject before, @Nullable ApiObject after) {

  /** The present state, or the last one of an object that has gone. */
  public ApiObject either() {
    if (after != null) {
      return after;
    }
    if (before != null) {
      return before;
    }
    throw new IllegalStateException("a transition of " + key + " from nothing to nothing");
  }
}
