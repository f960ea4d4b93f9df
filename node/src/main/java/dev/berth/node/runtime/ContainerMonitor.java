package dev.berth.node.runtime;

import dev.berth.node.runtime.ContainerState.Exited;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when containers end and when their logs begin a new file: at once through the file
 * system, and, should that fail or conmon have been killed, by looking at all of them every few
 * seconds.
 */
final class ContainerMonitor implements AutoCloseable {
  /** How long conmon may take from a container's end to its exit code. */
  static final Duration EXIT_FILE_LATE = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(ContainerMonitor.class);
  private static final Duration ROUND = Duration.ofSeconds(5);

  private final OciHost host;
  private final Map<ContainerId, OciContainer> containers;
  private final Consumer<OciContainer> finish;
  private @Nullable DirectoryWatch watch;
  private @Nullable Thread rounds;

  /**
   * @param finish takes notice of a container's end if it has one; called from virtual threads
   */
  ContainerMonitor(
      OciHost host, Map<ContainerId, OciContainer> containers, Consumer<OciContainer> finish) {
    this.host = host;
    this.containers = containers;
    this.finish = finish;
  }

  /** Begins to notice exits; without inotify, of which a host has a bounded number, in rounds. */
  synchronized void begin() {
    if (rounds != null) {
      return;
    }
    var node = host.settings().node();
    try {
      watch = new DirectoryWatch(node);
      watch.add(ContainerPaths.exits(host.settings()), this::look);
    } catch (IOException e) {
      log.warn(
          "no inotify (raise fs.inotify.max_user_instances): ends of containers on node {} are noticed up to {} late",
          node,
          ROUND,
          e);
    }
    rounds = Thread.ofVirtual().name("container-rounds-" + node).start(this::round);
  }

  /** Begins to watch a container's log. */
  synchronized void follow(OciContainer container) {
    keepLog(container);
    if (watch != null) {
      try {
        watch.add(container.logDirectory(), () -> keepLogs(container.logDirectory()));
      } catch (IOException e) {
        log.warn("the log of container {} is watched by rounds only", container.id, e);
      }
    }
  }

  synchronized void forget(OciContainer container) {
    var others =
        containers.values().stream()
            .anyMatch(
                other ->
                    other != container
                        && !other.ended()
                        && other.logDirectory().equals(container.logDirectory()));
    if (watch != null && !others) {
      watch.remove(container.logDirectory());
    }
  }

  /** Sees to all containers whose exit codes are there. */
  void look() {
    for (var container : containers.values()) {
      if (!container.ended() && hasExitFile(container)) {
        Thread.ofVirtual()
            .name("container-exit-" + container.id.container())
            .start(() -> finish.accept(container));
      }
    }
  }

  /** How a container has ended; empty while it runs, or while conmon is about to tell. */
  Optional<Exited> exitOf(OciContainer container, ContainerEnd ending) throws IOException {
    var record = container.record();
    var process = record.process();
    if (process == null) {
      return Optional.empty();
    }
    if (!record.bootId().equals(host.bootId())) {
      return Optional.of(
          ending.unseen(container, "the host was restarted while the container ran"));
    }
    // Asked before the exit code is: once neither lives, no code will come any more.
    var alive = process.alive() || Conmon.monitor(container.paths).isPresent();
    var code = ContainerEnd.exitCode(container.paths);
    if (code.isPresent()) {
      return Optional.of(ending.seen(container, (int) code.getAsLong()));
    }
    return alive
        ? Optional.empty()
        : Optional.of(
            ending.unseen(container, "the container and its monitor ended and left no exit code"));
  }

  @Override
  public synchronized void close() {
    if (rounds != null) {
      rounds.interrupt();
    }
    if (watch != null) {
      try {
        watch.close();
      } catch (IOException e) {
        log.warn("could not stop watching containers", e);
      }
    }
  }

  private boolean hasExitFile(OciContainer container) {
    return Files.exists(container.paths.exitFile());
  }

  private void round() {
    try {
      while (true) {
        Thread.sleep(ROUND);
        for (var container : containers.values()) {
          if (container.lock.isLocked()) {
            continue;
          }
          if (!container.ended()) {
            keepLog(container);
          }
          finish.accept(container);
        }
      }
    } catch (InterruptedException e) {
      log.debug("rounds end");
    }
  }

  private void keepLogs(Path directory) {
    for (var container : containers.values()) {
      if (!container.ended() && container.logDirectory().equals(directory)) {
        keepLog(container);
      }
    }
  }

  private static void keepLog(OciContainer container) {
    try {
      container.log.keep();
    } catch (IOException e) {
      log.warn("older output of container {} may be lost", container.id, e);
    }
  }
}
