package dev.berth.node.volume;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a program about many devices or directories: all in one child process, which costs a few
 * milliseconds. When that one hangs, about each alone, so that one that does not answer hides no
 * other; such a one is left out until its child has ended. For one thread at a time.
 */
final class GroupProbe {
  private static final Logger LOG = LoggerFactory.getLogger(GroupProbe.class);
  private static final int ALONE_AT_ONCE = 8;

  /**
   * How long children may take.
   *
   * @param all for all together
   * @param alone for one
   */
  record Patience(Duration all, Duration alone) {
    static final Patience DEFAULT = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(2));
  }

  /** What is run. */
  @FunctionalInterface
  interface Program {
    ChildCommand about(List<String> subjects, Duration patience);
  }

  /**
   * What came of it.
   *
   * @param said by the children that ended by themselves
   * @param answered those that these children were asked about
   * @param silent those that do not answer
   */
  record Answers(List<ChildResult.Exited> said, Set<String> answered, Set<String> silent) {}

  private final ChildProcesses children;
  private final Program program;
  private final Patience patience;

  /** Children that are stuck, by what they were asked about. */
  private final Map<String, CompletableFuture<?>> stuck = new HashMap<>();

  GroupProbe(ChildProcesses children, Program program, Patience patience) {
    this.children = children;
    this.program = program;
    this.patience = patience;
  }

  /** Asks about all of them. */
  Answers ask(Collection<String> subjects) throws InterruptedException {
    stuck.keySet().retainAll(subjects);
    stuck.values().removeIf(CompletableFuture::isDone);
    var silent = new HashSet<>(stuck.keySet());
    var asked = subjects.stream().filter(subject -> !silent.contains(subject)).toList();
    if (asked.isEmpty()) {
      return new Answers(List.of(), Set.of(), silent);
    }
    return switch (children.run(program.about(asked, patience.all()))) {
      case ChildResult.Exited exited -> new Answers(List.of(exited), Set.copyOf(asked), silent);
      case ChildResult.Killed _, ChildResult.Abandoned _ -> alone(asked, silent);
      case ChildResult.NotStarted missing -> {
        LOG.warn("nothing is known about {}: {}", asked, missing.reason());
        yield new Answers(List.of(), Set.of(), silent);
      }
    };
  }

  private Answers alone(List<String> subjects, Set<String> silent) throws InterruptedException {
    var said = new ArrayList<ChildResult.Exited>();
    var answered = new HashSet<String>();
    var workers =
        Executors.newFixedThreadPool(
            Math.min(ALONE_AT_ONCE, subjects.size()), Thread.ofVirtual().factory());
    try {
      var results = new LinkedHashMap<String, Future<ChildResult>>();
      for (var subject : subjects) {
        var command = program.about(List.of(subject), patience.alone());
        results.put(subject, workers.submit(() -> children.run(command)));
      }
      for (var result : results.entrySet()) {
        var subject = result.getKey();
        switch (result.getValue().get()) {
          case ChildResult.Exited exited -> {
            said.add(exited);
            answered.add(subject);
          }
          case ChildResult.Killed _ -> {
            LOG.warn("{} does not answer", subject);
            silent.add(subject);
          }
          case ChildResult.Abandoned abandoned -> {
            LOG.warn("{} does not answer: it is not asked again until it does", subject);
            stuck.put(subject, abandoned.lateExit());
            silent.add(subject);
          }
          case ChildResult.NotStarted missing -> LOG.warn("{}: {}", subject, missing.reason());
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a child ends in a result, found " + e.getCause(), e);
    } finally {
      workers.shutdownNow();
    }
    return new Answers(said, answered, silent);
  }
}
