package dev.berth.api.http;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of request bodies may be held at one moment, by all connections together. */
final class ByteBudget {
  private final long most;
  private final AtomicLong held;

  /**
   * @param held where the present amount is kept
   */
  ByteBudget(long most, AtomicLong held) {
    this.most = most;
    this.held = held;
  }

  /** Takes {@code bytes}; false when they would be too many. */
  boolean reserve(long bytes) {
    while (true) {
      var now = held.get();
      if (now + bytes > most) {
        return false;
      }
      if (held.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }

  void release(long bytes) {
    held.addAndGet(-bytes);
  }
}
