package dev.berth.node.disk;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * How fast a disk is wiped, so that the other disks behind the same controller, and the pods on
 * them, are not starved.
 */
public final class WipePace {
  /** Waits; a test's own does not. */
  @FunctionalInterface
  public interface Pause {
    void sleep(Duration time) throws InterruptedException;
  }

  private static final long LARGEST_PIECE_BYTES = 1L << 30;
  private static final long SMALLEST_PIECE_BYTES = 1L << 16;
  private static final long ALIGNMENT = 4096;

  private final long bytesPerSecond;
  private final long largestPieceBytes;
  private final InstantSource clock;
  private final Pause pause;

  /**
   * @param bytesPerSecond for each disk, 0 for as fast as it goes
   */
  public WipePace(long bytesPerSecond, InstantSource clock) {
    this(bytesPerSecond, LARGEST_PIECE_BYTES, clock, Thread::sleep);
  }

  WipePace(long bytesPerSecond, long largestPieceBytes, InstantSource clock, Pause pause) {
    if (bytesPerSecond < 0) {
      throw new IllegalArgumentException("a pace is not negative: " + bytesPerSecond);
    }
    this.bytesPerSecond = bytesPerSecond;
    this.largestPieceBytes = largestPieceBytes;
    this.clock = clock;
    this.pause = pause;
  }

  /** How much is written between two records: about a second's worth where there is a limit. */
  long pieceBytes() {
    if (bytesPerSecond == 0) {
      return largestPieceBytes;
    }
    var second = Math.max(SMALLEST_PIECE_BYTES, bytesPerSecond / ALIGNMENT * ALIGNMENT);
    return Math.min(second, largestPieceBytes);
  }

  Instant now() {
    return clock.instant();
  }

  /** Waits until so many bytes may have been written since. */
  void keep(Instant since, long bytes) throws InterruptedException {
    if (bytesPerSecond == 0) {
      return;
    }
    var due = Duration.ofNanos((long) (bytes * 1e9 / bytesPerSecond));
    var left = due.minus(Duration.between(since, clock.instant()));
    if (left.isPositive()) {
      pause.sleep(left);
    }
  }
}
