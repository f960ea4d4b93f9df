package dev.berth.node.disk;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Looks at something once for all who ask at the same time: everybody gets what was there after the
 * question, by a look that began after it.
 */
final class SharedLook<T> {

  /** Looks, at what costs too much to be looked at by everybody. */
  @FunctionalInterface
  interface Look<T> {
    T look() throws IOException;
  }

  /**
   * @param number of the look
   */
  private record Seen<T>(long number, T what) {}

  private final Look<T> look;
  private final ReentrantLock turn = new ReentrantLock();
  private final AtomicLong begun = new AtomicLong();
  private @Nullable Seen<T> last;

  SharedLook(Look<T> look) {
    this.look = look;
  }

  /** What is there now. */
  T look() throws IOException {
    // One under way may have passed by what changed before this question.
    var first = begun.get() + 1;
    turn.lock();
    try {
      if (last != null && last.number() >= first) {
        return last.what();
      }
      var number = begun.incrementAndGet();
      var seen = look.look();
      last = new Seen<>(number, seen);
      return seen;
    } finally {
      turn.unlock();
    }
  }
}
