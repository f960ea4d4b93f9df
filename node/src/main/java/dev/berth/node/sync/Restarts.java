package dev.berth.node.sync;

import dev.berth.node.runtime.ContainerState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often a pod's containers have ended in a row, and how long each has to wait before it is
 * started again: not at all the first time, then ten seconds, doubled each time up to five minutes;
 * from the beginning after a run of ten minutes. What happened before the server was started is
 * taken from the number of the attempt. An end that nobody saw (the host was restarted, or all that
 * ran containers was killed) is not the container's fault: it counts only when the container had
 * just been started, so that nothing is started without a pause for ever. Owned by one thread.
 */
final class Restarts {
  static final Duration FIRST = Duration.ofSeconds(10);
  static final Duration LONGEST = Duration.ofMinutes(5);
  static final Duration LONG_RUN = Duration.ofMinutes(10);

  private record Ended(int attempt, int inARow) {}

  private final Map<String, Ended> ended = new HashMap<>();

  /** Takes notice of runs that have ended. */
  void observe(Map<String, List<Run>> runs) {
    runs.forEach(
        (container, list) -> {
          for (var run : list) {
            if (run.state() instanceof ContainerState.Exited exited) {
              observe(container, run.id().attempt(), exited);
            }
          }
        });
  }

  private void observe(String container, int attempt, ContainerState.Exited exited) {
    var before = ended.get(container);
    if (before != null && before.attempt() >= attempt) {
      return;
    }
    ended.put(container, new Ended(attempt, inARow(before, attempt, exited)));
  }

  private static int inARow(@Nullable Ended before, int attempt, ContainerState.Exited exited) {
    if (exited.reason().equals(Run.LOST)) {
      return ranFor(exited, FIRST) ? 0 : before == null ? 1 : before.inARow() + 1;
    }
    return ranFor(exited, LONG_RUN) ? 1 : before == null ? attempt + 1 : before.inARow() + 1;
  }

  private static boolean ranFor(ContainerState.Exited exited, Duration time) {
    var startedAt = exited.startedAt();
    return startedAt != null
        && Duration.between(startedAt, exited.finishedAt()).compareTo(time) >= 0;
  }

  /** When the container whose last run has ended may be started again. */
  Instant notBefore(String container, ContainerState.Exited exited) {
    return exited.finishedAt().plus(delay(container));
  }

  Duration delay(String container) {
    var count = ended.get(container);
    return count == null ? Duration.ZERO : delay(count.inARow());
  }

  /**
   * @param times how often it has ended in a row or failed to start
   */
  static Duration delay(int times) {
    if (times <= 1) {
      return Duration.ZERO;
    }
    var delay = FIRST.multipliedBy(1L << Math.min(times - 2, 10));
    return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
  }
}
