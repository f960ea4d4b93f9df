package dev.berth.node.sync;

import dev.berth.node.plugin.SyncedJson;
import dev.berth.node.runtime.ContainerState;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often a pod's containers have ended in a row, and how long each has to wait before it is
 * started again: not at all the first time, then ten seconds, doubled each time up to five minutes;
 * from the beginning after a run of ten minutes.
 *
 * <p>Each start is on disk before it is made, so that the count is known to the next server too,
 * and a container that takes its host down at once does not do so at every boot without a pause. An
 * end that nobody saw (the host was restarted, or all that ran containers was killed) is not the
 * fault of a container that has run for a while: it counts only when the container was not seen
 * running ten seconds after its start. What was started by a server that kept no such record is
 * judged by the number of the attempt.
 */
final class Restarts {
  private static final Logger LOG = LoggerFactory.getLogger(Restarts.class);
  static final Duration FIRST = Duration.ofSeconds(10);
  static final Duration LONGEST = Duration.ofMinutes(5);
  static final Duration LONG_RUN = Duration.ofMinutes(10);

  /** How far a start has come, for whoever finds it later. */
  enum Progress {
    /** It may have been made. */
    BEGUN,
    /** It was not made, and the same attempt may be begun again. */
    FAILED,
    /** It was made, and the container was still there {@link #FIRST} later. */
    LASTED
  }

  /**
   * The last start of a container.
   *
   * @param endsBefore how often it had ended in a row by then
   * @param bootId of the boot of the host in which it was begun
   */
  record Start(int attempt, int endsBefore, Progress progress, String bootId) {
    Start with(Progress progress) {
      return new Start(attempt, endsBefore, progress, bootId);
    }
  }

  /** When a run has ended, by the clock as it is now. */
  private record End(int attempt, Instant at) {}

  private final Path directory;
  private final String bootId;
  private final Map<String, Start> starts = new ConcurrentHashMap<>();
  private final Map<String, Run> last = new ConcurrentHashMap<>();
  private final Map<String, End> ends = new ConcurrentHashMap<>();
  private volatile Instant found = Instant.EPOCH;
  private volatile Optional<Instant> observeNext = Optional.empty();

  /**
   * @param directory of the records, which need not exist
   * @param bootId of the host's present boot
   */
  Restarts(Path directory, String bootId) {
    this.directory = directory;
    this.bootId = bootId;
  }

  /** Reads what earlier servers have left. */
  void read(Instant now) {
    found = now;
    try (var files = Files.newDirectoryStream(directory, "[!.]*")) {
      files.forEach(this::read);
    } catch (NoSuchFileException e) {
      LOG.trace("nothing was started before: {}", directory);
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("how often containers have ended in a row is not known: {}", e.getMessage());
    }
  }

  private void read(Path file) {
    var container = file.getFileName().toString();
    try {
      SyncedJson.read(file, Start.class).ifPresent(start -> starts.put(container, start));
    } catch (IOException e) {
      LOG.warn("how often container {} has ended in a row is not known", container, e);
    }
  }

  /** Takes notice of all runs that are known. */
  void observe(Map<String, List<Run>> runs, Instant now) {
    last.keySet().retainAll(runs.keySet());
    ends.keySet().retainAll(runs.keySet());
    runs.forEach((container, list) -> last.put(container, list.getLast()));
    last.forEach((container, run) -> ends.compute(container, (name, end) -> end(run, end, now)));
    found = past(found, now);
    var next = Optional.<Instant>empty();
    for (var entry : last.entrySet()) {
      var start = starts.get(entry.getKey());
      if (start == null
          || start.attempt() != entry.getValue().id().attempt()
          || start.progress() == Progress.LASTED
          || !(entry.getValue().state() instanceof ContainerState.Running(_, var startedAt))) {
        continue;
      }
      var lasts = startedAt.plus(FIRST);
      if (now.isBefore(lasts)) {
        next = Optional.of(next.filter(lasts::isAfter).orElse(lasts));
      } else {
        record(entry.getKey(), start.with(Progress.LASTED));
      }
    }
    observeNext = next;
  }

  /** When there will be something to take notice of although nothing happens. */
  Optional<Instant> observeNext() {
    return observeNext;
  }

  private static @Nullable End end(Run run, @Nullable End before, Instant now) {
    if (!(run.state() instanceof ContainerState.Exited exited)) {
      return null;
    }
    var attempt = run.id().attempt();
    var at = before != null && before.attempt() == attempt ? before.at() : exited.finishedAt();
    return new End(attempt, past(at, now));
  }

  /** A clock that was set back, as at boot, must not make a wait longer. */
  private static Instant past(Instant time, Instant now) {
    return time.isAfter(now) ? now : time;
  }

  /** The container is about to be started. Returns when that will be known after a power cut. */
  void begins(String container, int attempt) {
    record(container, new Start(attempt, inARow(container), Progress.BEGUN, bootId));
  }

  /** The container was not started. */
  void failed(String container) {
    starts.computeIfPresent(
        container,
        (name, start) -> {
          var failed = start.with(Progress.FAILED);
          write(name, failed);
          return failed;
        });
  }

  private void record(String container, Start start) {
    starts.put(container, start);
    write(container, start);
  }

  /** A node whose disk is full still runs what it can. */
  private void write(String container, Start start) {
    try {
      SyncedJson.write(directory.resolve(container), start);
    } catch (IOException e) {
      LOG.warn("the start of container {} is not recorded: {}", container, e.getMessage());
    }
  }

  /** How often the container has ended in a row by now. */
  private int inARow(String container) {
    var start = starts.get(container);
    var run = last.get(container);
    var attempt = run == null ? -1 : run.id().attempt();
    if (start != null && start.attempt() > attempt) {
      return start.endsBefore() + (cutShort(start) ? 1 : 0);
    }
    if (run == null) {
      return 0;
    }
    var known = start != null && start.attempt() == attempt ? start : null;
    var before = known == null ? attempt : known.endsBefore();
    if (!(run.state() instanceof ContainerState.Exited exited)) {
      return before;
    }
    if (exited.reason().equals(Run.LOST)) {
      return known == null || known.progress() == Progress.LASTED ? 0 : before + 1;
    }
    return ranLong(exited) ? 1 : before + 1;
  }

  /** Whether the host went down so soon after the start that nothing else is known of it. */
  private boolean cutShort(Start start) {
    return start.progress() == Progress.BEGUN && !bootId.equals(start.bootId());
  }

  private static boolean ranLong(ContainerState.Exited exited) {
    var startedAt = exited.startedAt();
    return startedAt != null
        && Duration.between(startedAt, exited.finishedAt()).compareTo(LONG_RUN) >= 0;
  }

  /** When the container, which does not run, may be started. */
  Instant notBefore(String container) {
    var start = starts.get(container);
    var run = last.get(container);
    if (start != null && cutShort(start) && (run == null || start.attempt() > run.id().attempt())) {
      return found.plus(delay(container));
    }
    var end = ends.get(container);
    return (end == null ? Instant.EPOCH : end.at()).plus(delay(container));
  }

  /** How long the container has to wait after its last end. */
  Duration delay(String container) {
    return delay(inARow(container));
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
