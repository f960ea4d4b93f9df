package dev.berth.store;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Decides how much history to keep: neither more than a number of revisions, nor what is older than
 * an age. How old a revision is, is known from samples; as they are not stored, everything that is
 * in a store when it is opened counts as written then, and is kept the longer for it.
 */
final class Retention {
  private record Sample(long nanos, long newest) {}

  private final long mostRevisions;
  private final long ageNanos;
  private final Deque<Sample> samples = new ArrayDeque<>();

  Retention(long mostRevisions, long ageNanos) {
    this.mostRevisions = mostRevisions;
    this.ageNanos = ageNanos;
  }

  /**
   * Up to which revision to compact, given that {@code newest} is the newest revision at {@code
   * nanos}. To be called at the interval at which ages are to be told apart.
   */
  long target(long nanos, long newest) {
    samples.addLast(new Sample(nanos, newest));
    var tooOld = 0L;
    while (nanos - samples.getFirst().nanos() >= ageNanos) {
      tooOld = samples.removeFirst().newest();
      if (samples.isEmpty()) {
        break;
      }
    }
    return Math.max(tooOld, newest - mostRevisions);
  }
}
