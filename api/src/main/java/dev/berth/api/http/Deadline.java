package dev.berth.api.http;

import java.time.Duration;

/** A moment by which something must have happened. Set by one thread, read by any. */
final class Deadline {
  private static final long NEVER = Long.MAX_VALUE;

  private volatile long nanos = NEVER;

  void in(Duration time) {
    var then = System.nanoTime() + time.toNanos();
    nanos = then == NEVER ? then - 1 : then;
  }

  void never() {
    nanos = NEVER;
  }

  boolean hasPassed(long nowNanos) {
    var then = nanos;
    return then != NEVER && nowNanos - then >= 0;
  }
}
