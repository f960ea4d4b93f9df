package dev.berth.node.volume;

import dev.berth.core.node.VolumeUsage.Figures;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads how full mounted file systems are: all in one child process, which costs a few
 * milliseconds. When that one hangs, each alone, so that one that does not answer hides no other;
 * such a one is left out until its child has ended. For one thread at a time.
 */
final class UsageReader {
  private static final Logger LOG = LoggerFactory.getLogger(UsageReader.class);

  /**
   * How long children may take.
   *
   * @param all for all volumes together
   * @param alone for one volume
   */
  record Patience(Duration all, Duration alone) {
    static final Patience DEFAULT = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(2));
  }

  private static final int ALONE_AT_ONCE = 8;

  /** Block size, blocks, those free, those for everybody, inodes, those free, path. */
  private static final String FORMAT = "%S %b %f %a %c %d %n";

  private static final int FIELDS = 7;

  private final ChildProcesses children;
  private final Patience patience;

  /** Children that are stuck, by the path that they read. */
  private final Map<Path, CompletableFuture<?>> stuck = new HashMap<>();

  UsageReader(ChildProcesses children, Patience patience) {
    this.children = children;
    this.patience = patience;
  }

  /** The figures of those that answered. */
  Map<Path, Figures> read(Collection<Path> mounts) throws InterruptedException {
    stuck.keySet().retainAll(mounts);
    stuck.values().removeIf(CompletableFuture::isDone);
    var paths = mounts.stream().filter(path -> !stuck.containsKey(path)).toList();
    if (paths.isEmpty()) {
      return Map.of();
    }
    return switch (children.run(command(patience.all(), paths))) {
      case ChildResult.Exited exited -> parse(exited.out());
      case ChildResult.Killed _, ChildResult.Abandoned _ -> alone(paths);
      case ChildResult.NotStarted missing -> {
        LOG.warn("the usage of volumes cannot be read: {}", missing.reason());
        yield Map.of();
      }
    };
  }

  private static ChildCommand command(Duration patience, List<Path> paths) {
    var arguments = new ArrayList<>(List.of("--file-system", "--format=" + FORMAT, "--"));
    paths.forEach(path -> arguments.add(path.toString()));
    return ChildCommand.of(Deadline.byClock(patience), "stat", arguments);
  }

  private Map<Path, Figures> alone(List<Path> paths) throws InterruptedException {
    var figures = new HashMap<Path, Figures>();
    var workers =
        Executors.newFixedThreadPool(
            Math.min(ALONE_AT_ONCE, paths.size()), Thread.ofVirtual().factory());
    try {
      var results = new LinkedHashMap<Path, Future<ChildResult>>();
      for (var path : paths) {
        var command = command(patience.alone(), List.of(path));
        results.put(path, workers.submit(() -> children.run(command)));
      }
      for (var result : results.entrySet()) {
        var path = result.getKey();
        switch (result.getValue().get()) {
          case ChildResult.Exited exited -> figures.putAll(parse(exited.out()));
          case ChildResult.Killed _ -> LOG.warn("{} does not answer: its usage is unknown", path);
          case ChildResult.Abandoned abandoned -> {
            LOG.warn("{} does not answer: its usage is not read until it does", path);
            stuck.put(path, abandoned.lateExit());
          }
          case ChildResult.NotStarted missing -> LOG.warn("{}: {}", path, missing.reason());
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a child ends in a result, found " + e.getCause(), e);
    } finally {
      workers.shutdownNow();
    }
    return figures;
  }

  private static Map<Path, Figures> parse(String said) {
    var figures = new HashMap<Path, Figures>();
    said.lines()
        .map(line -> line.split(" ", FIELDS))
        .filter(fields -> fields.length == FIELDS)
        .forEach(fields -> figures.put(Path.of(fields[FIELDS - 1]), figures(fields)));
    return figures;
  }

  private static Figures figures(String[] fields) {
    var numbers = new long[FIELDS - 1];
    for (var i = 0; i < numbers.length; i++) {
      numbers[i] = Long.parseLong(fields[i]);
    }
    return new Figures(
        numbers[0] * numbers[1],
        numbers[0] * numbers[3],
        numbers[0] * (numbers[1] - numbers[2]),
        numbers[4],
        numbers[5],
        numbers[4] - numbers[5]);
  }
}
