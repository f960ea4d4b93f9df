package dev.berth.core.control;

import java.time.Duration;

/**
 * How long to wait after failures in a row.
 *
 * @param first after the first one
 * @param most at most; each wait is twice the one before
 */
public record Backoff(Duration first, Duration most) {

  /**
   * @param failures how many there were, 1 or more
   */
  public Duration after(int failures) {
    var doublings = Math.min(failures - 1, 30);
    var wait = first.multipliedBy(1L << doublings);
    return wait.compareTo(most) > 0 ? most : wait;
  }
}
