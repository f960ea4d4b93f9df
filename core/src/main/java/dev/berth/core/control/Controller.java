package dev.berth.core.control;

/**
 * A rule together with the queue of what it has to look at.
 *
 * @param name in metrics and logs
 */
public record Controller(String name, Reconciler reconciler, WorkQueue queue) {

  /** A controller that takes its keys as they come. */
  public static Controller of(String name, Reconciler reconciler) {
    return new Controller(name, reconciler, new KeyedQueue(reconciler));
  }
}
