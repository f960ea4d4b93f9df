package dev.berth.store;

/** Waiting for threads that are about to end. */
final class Threads {
  private Threads() {}

  /** Waits for the thread's end, however long; an interruption is kept for later. */
  static void join(Thread thread) {
    var interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
