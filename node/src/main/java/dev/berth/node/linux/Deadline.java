package dev.berth.node.linux;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How long a child process may take. By clock: at most {@code total}. By progress: at most {@code
 * stall} without any sign of life, which is a change of the process's CPU time or I/O counters or
 * of {@code progress} (for work that the kernel does for it, for example a device's own counters).
 */
public record Deadline(Duration total, Optional<Duration> stall, Optional<LongSupplier> progress) {

  public static Deadline byClock(Duration total) {
    return new Deadline(total, Optional.empty(), Optional.empty());
  }

  public static Deadline byProgress(Duration total, Duration stall) {
    return new Deadline(total, Optional.of(stall), Optional.empty());
  }

  public static Deadline byProgress(Duration total, Duration stall, LongSupplier progress) {
    return new Deadline(total, Optional.of(stall), Optional.of(progress));
  }
}
