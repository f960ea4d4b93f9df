package dev.berth.store;

/**
 * Keeps revisions unique although relaxed commits can be lost. A relaxed commit is seen by readers
 * before it is durable; if a power cut takes it, its revision must not be given to another write,
 * or a watcher that had seen it would resume behind that one.
 *
 * <p>So relaxed commits use only revisions up to a ceiling that is durable before. A store that is
 * opened with a log that ends below its ceiling goes on above it, and writes a {@link LogEntry.Gap}
 * for what it skips. Without relaxed commits there is no ceiling and no gap; a store that is closed
 * in order removes it.
 *
 * <p>The committer's.
 */
final class RelaxedCeiling {
  /** How far the ceiling is set above the newest revision. */
  static final int AHEAD = 8_192;

  private long durable;

  RelaxedCeiling(long durable) {
    this.durable = durable;
  }

  /** Whether there is a ceiling. */
  boolean isInUse() {
    return durable > 0;
  }

  /** Whether a group that ends at {@code newest} must be synced because of the ceiling. */
  boolean mustSync(boolean anyRelaxed, long newest) {
    return anyRelaxed && newest > durable;
  }

  /** The ceiling to write with a synced group, 0 to leave it as it is. */
  long toWrite(boolean anyRelaxed, long newest) {
    var inUse = anyRelaxed || durable > 0;
    return inUse && newest > durable - AHEAD / 2 ? newest + AHEAD : 0;
  }

  /** Notes that {@code ceiling} is durable now. */
  void wrote(long ceiling) {
    durable = ceiling;
  }
}
