package dev.berth.it.harness;

/** Something that is done when the JVM is stopped before it was done otherwise. */
final class ShutdownHook {
  private final Thread thread;

  private ShutdownHook(Thread thread) {
    this.thread = thread;
  }

  /** While the JVM is stopping the action is done at once, and the caller is told not to go on. */
  static ShutdownHook add(Runnable action) {
    var thread = Thread.ofPlatform().unstarted(action);
    try {
      Runtime.getRuntime().addShutdownHook(thread);
    } catch (IllegalStateException e) {
      action.run();
      throw e;
    }
    return new ShutdownHook(thread);
  }

  /** It was done; while the JVM is stopping, the hook has to find nothing left to do. */
  void remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // The JVM is stopping: it runs already.
    }
  }
}
