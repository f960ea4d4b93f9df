package dev.berth.store;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts who is inside the database, so that it is not taken away under a reader: RocksDB's native
 * objects crash the process when they are used after they were closed. Entering never waits.
 */
final class Gate {
  private static final long SHUT = 1L << 62;

  private final AtomicLong state = new AtomicLong();
  private final CountDownLatch empty = new CountDownLatch(1);

  /** False when it is shut; otherwise {@link #leave} must follow. */
  boolean enter() {
    if (state.incrementAndGet() < SHUT) {
      return true;
    }
    leave();
    return false;
  }

  void leave() {
    if (state.decrementAndGet() == SHUT) {
      empty.countDown();
    }
  }

  /** Lets nobody in any more, and waits until all have left. */
  void shut() {
    var inside = state.getAndUpdate(s -> s < SHUT ? s + SHUT : s);
    if (inside == 0) {
      empty.countDown();
    }
    var interrupted = false;
    while (true) {
      try {
        empty.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
