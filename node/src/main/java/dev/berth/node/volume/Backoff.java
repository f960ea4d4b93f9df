package dev.berth.node.volume;

import java.time.Duration;
import java.time.Instant;

/**
 * How long an operation that failed has to wait.
 *
 * @param failures so far, in a row
 * @param notBefore when it may be tried again
 */
record Backoff(int failures, Instant notBefore) {
  static final Duration FIRST = Duration.ofMillis(500);

  /** What is wrong with a disk is found by some short reads; whoever mended it waits as long. */
  static final Duration LONGEST = Duration.ofSeconds(10);

  static final Backoff NONE = new Backoff(0, Instant.MIN);

  /** After one more failure: half a second, doubled each time, up to the longest. */
  Backoff failed(Instant now) {
    var doublings = Math.min(failures, 16);
    var wait = FIRST.multipliedBy(1L << doublings);
    return new Backoff(failures + 1, now.plus(wait.compareTo(LONGEST) > 0 ? LONGEST : wait));
  }
}
