package dev.berth.node.runtime;

import dev.berth.core.node.LogQuery;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.runtime.ContainerFailure.Reason;
import dev.berth.node.runtime.ContainerState.Exited;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers: finds out how one has ended, gives back what it used, takes away what was half
 * made. Every method can be repeated after a crash in its middle. Callers hold the container's
 * lock.
 */
final class ContainerEnd {
  private static final Logger log = LoggerFactory.getLogger(ContainerEnd.class);
  private static final int MESSAGE_LIMIT_BYTES = 4096;
  private static final int LOG_MESSAGE_LIMIT_BYTES = 2048;
  private static final int LOG_MESSAGE_LINES = 80;
  private static final int LAST_SIGNAL = 64;
  private static final Duration KILLED_GONE = Duration.ofSeconds(10);
  private static final int LOOK_MILLIS = 5;

  private final OciHost host;

  ContainerEnd(OciHost host) {
    this.host = host;
  }

  /** The exit code that conmon left, empty when it left none (yet). */
  static OptionalLong exitCode(ContainerPaths paths) throws IOException {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(paths.exitFile()).strip()));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (NumberFormatException e) {
      log.warn("{} holds no exit code", paths.exitFile());
      return OptionalLong.empty();
    }
  }

  /** How a container ended of which conmon left the exit code. */
  Exited seen(OciContainer container, int code) throws IOException {
    var record = container.record();
    var finished = Files.getLastModifiedTime(container.paths.exitFile()).toInstant();
    var oom = code != 0 && host.groups().oomKills(host.groups().path(container.id)) > 0;
    var signal = code > 128 && code <= 128 + LAST_SIGNAL ? code - 128 : 0;
    var reason = oom ? "OOMKilled" : code == 0 ? "Completed" : "Error";
    return new Exited(record.startedAt(), finished, code, signal, reason, message(container, code));
  }

  /** How a container ended whose end nobody saw. */
  Exited unseen(OciContainer container, String explanation) {
    Instant now = host.clock().instant();
    return new Exited(
        container.record().startedAt(), now, 137, 0, "ContainerStatusUnknown", explanation);
  }

  /**
   * Gives back what an ended container used: its control group, its root file system, its bundle.
   * The record and the log stay.
   *
   * @param commands null when no OCI runtime works now: what it keeps is then removed without it
   */
  void release(OciContainer container, @Nullable OciCommands commands)
      throws IOException, InterruptedException, ContainerFailure {
    var paths = container.paths;
    if (!Files.exists(paths.bundle())) {
      return;
    }
    killAll(container, List.of());
    delete(container, commands);
    clear(container);
  }

  /**
   * Takes a container away that was not, or only half, started, whatever is still at work on it.
   *
   * @throws ContainerFailure KILL_FAILED when something of it does not end
   */
  void tearDown(OciContainer container, @Nullable OciCommands commands)
      throws IOException, InterruptedException, ContainerFailure {
    var paths = container.paths;
    if (sameBoot(container)) {
      var workers = Conmon.workers(paths);
      for (var worker : workers) {
        host.kill(worker);
      }
      killAll(container, workers);
    }
    delete(container, commands);
    clear(container);
    removeRecord(container);
  }

  /** Forgets a container of which nothing else is left. */
  void removeRecord(OciContainer container) throws IOException {
    Files.deleteIfExists(container.paths.state());
    host.removeTree(container.paths.directory());
  }

  /** Kills one process and awaits its end, if it ends soon. */
  void kill(ProcessIdentity process) throws IOException, InterruptedException {
    var deadline = System.nanoTime() + KILLED_GONE.toNanos();
    host.kill(process);
    while (process.alive() && System.nanoTime() < deadline) {
      Thread.sleep(LOOK_MILLIS);
    }
  }

  /** Kills every process in the container's control group and awaits the end of them all. */
  void killAll(OciContainer container, List<ProcessIdentity> also)
      throws IOException, InterruptedException, ContainerFailure {
    if (!sameBoot(container)) {
      return;
    }
    var group = host.groups().path(container.id);
    var deadline = System.nanoTime() + KILLED_GONE.toNanos();
    while (true) {
      var left =
          host.groups().processes(group).stream()
              .flatMap(pid -> ProcessIdentity.of(pid).stream())
              .toList();
      var others = also.stream().filter(ProcessIdentity::alive).toList();
      if (left.isEmpty() && others.isEmpty()) {
        return;
      }
      for (var process : left) {
        host.kill(process);
      }
      if (System.nanoTime() > deadline) {
        var stuck = left.isEmpty() ? others.getFirst() : left.getFirst();
        throw new ContainerFailure(
            Reason.KILL_FAILED,
            "container %s does not end: %s does not react to SIGKILL; its volumes stay in use"
                .formatted(container.id.container(), stuck.describe()));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  /** All of its processes have ended. */
  private void delete(OciContainer container, @Nullable OciCommands commands)
      throws InterruptedException {
    if (commands == null || !sameBoot(container) || !Files.exists(container.paths.ociState())) {
      return;
    }
    var deleted = commands.delete(container.paths.cid());
    if (!(deleted instanceof ChildResult.Exited exited && exited.ok())) {
      log.warn("container {} left state behind: {}", container.id, Children.failure(deleted));
    }
  }

  private void clear(OciContainer container) throws IOException, InterruptedException {
    var paths = container.paths;
    if (Files.exists(paths.ociState())) {
      host.removeTree(paths.ociState());
    }
    host.groups().removeContainer(container.id);
    host.unmountRoot(paths);
    host.removeTree(paths.rootfs());
    host.removeTree(paths.upper());
    host.removeTree(paths.work());
    Files.deleteIfExists(paths.exitFile());
    // Last: while there is a bundle, there may be more to give back.
    host.removeTree(paths.bundle());
  }

  private boolean sameBoot(OciContainer container) {
    return container.record().bootId().equals(host.bootId());
  }

  /** The container's last words, or the end of its log. */
  private static String message(OciContainer container, int code) throws IOException {
    String message;
    try (var in = Files.newInputStream(container.paths.terminationMessage())) {
      message = new String(in.readNBytes(MESSAGE_LIMIT_BYTES), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      message = "";
    }
    if (!message.isEmpty()
        || code == 0
        || !container.record().terminationMessage().fallBackToLogs()) {
      return message;
    }
    var tail =
        new LogQuery(
            false, false, OptionalLong.of(LOG_MESSAGE_LINES), null, false, OptionalLong.empty());
    try (var in = new LogStream(container.log, tail, () -> true)) {
      var bytes = in.readAllBytes();
      var from = Math.max(0, bytes.length - LOG_MESSAGE_LIMIT_BYTES);
      return new String(Arrays.copyOfRange(bytes, from, bytes.length), StandardCharsets.UTF_8);
    }
  }
}
