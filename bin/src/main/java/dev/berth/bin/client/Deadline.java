package dev.berth.bin.client;

import java.time.Duration;

/**
 * Until when a command waits.
 *
 * @param nanos on the clock of {@link System#nanoTime}
 */
record Deadline(long nanos) {
  /** A watch is begun again after so many seconds at the latest. */
  private static final long LONGEST_WATCH_SECONDS = 300;

  static Deadline in(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /**
   * For how many seconds the next watch may run, at least 1.
   *
   * @throws ClientException when the time is up
   */
  long secondsLeft(String what) {
    var left = nanos - System.nanoTime();
    if (left <= 0) {
      throw ClientException.failed("timed out " + what);
    }
    return Math.min(LONGEST_WATCH_SECONDS, 1 + left / 1_000_000_000);
  }
}
