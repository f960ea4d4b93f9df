package dev.berth.node.runtime;

import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of a node, from their start to their removal. Work on one container is done under
 * its lock, by whichever thread asks for it: a pod's, or one that has seen an exit code appear.
 */
final class ContainerLives {
  private static final Logger log = LoggerFactory.getLogger(ContainerLives.class);
  private static final int SIGTERM = 15;
  private static final int HANDLER_LOOK_MILLIS = 20;

  private final OciHost host;
  private final RuntimeProbe probe;
  private final ContainerMeters meters;
  private final ContainerStart starting;
  private final ContainerEnd ending;
  private final ContainerRecovery recovery;
  private final ContainerMonitor monitor;
  private final Map<ContainerId, OciContainer> containers = new ConcurrentHashMap<>();
  private volatile Consumer<ContainerStatus> listener = status -> {};

  ContainerLives(OciHost host, RuntimeProbe probe, ContainerMeters meters) {
    this.host = host;
    this.probe = probe;
    this.meters = meters;
    this.starting = new ContainerStart(host);
    this.ending = new ContainerEnd(host);
    this.recovery = new ContainerRecovery(host, ending, this::commandsIfAny);
    this.monitor = new ContainerMonitor(host, containers, this::finish);
  }

  void onExit(Consumer<ContainerStatus> listener) {
    this.listener = listener;
  }

  Collection<OciContainer> all() {
    return containers.values();
  }

  Optional<OciContainer> find(ContainerId id) {
    return Optional.ofNullable(containers.get(id));
  }

  /** Finds what an earlier server left, and begins to notice exits. */
  void recover() throws IOException, ContainerFailure, InterruptedException {
    for (var directory :
        List.of(
            ContainerPaths.containers(host.settings()),
            ContainerPaths.exits(host.settings()),
            ContainerPaths.oci(host.settings()))) {
      Files.createDirectories(directory);
    }
    Files.setAttribute(ContainerPaths.runtime(host.settings()), "unix:mode", 0700);
    var logs = ContainerPaths.logs(host.settings());
    Files.createDirectories(logs);
    Files.setAttribute(logs, "unix:mode", 0750);
    // Before anything is read, so that no exit falls between.
    monitor.begin();
    recovery.run(containers);
    for (var container : containers.values()) {
      if (container.ended()) {
        tell(container.status());
      } else {
        notice(container);
      }
      if (container.ended()) {
        Thread.ofVirtual()
            .name("container-release-" + container.id.container())
            .start(() -> finish(container));
      } else {
        monitor.follow(container);
      }
    }
    // Those that ended between their turn and now.
    monitor.look();
  }

  void close() {
    monitor.close();
  }

  ContainerStatus start(ContainerSpec spec) throws ContainerFailure, InterruptedException {
    var began = System.nanoTime();
    try {
      var image = host.images().find(spec.image());
      starting.check(spec, image);
      var programs = probe.programs();
      while (true) {
        var container = containers.computeIfAbsent(spec.id(), id -> fresh(spec, image));
        container.lock.lockInterruptibly();
        try {
          // Another call may have taken it away while this one waited.
          if (containers.get(spec.id()) == container) {
            if (startLocked(container, spec, image, programs)) {
              meters.started(System.nanoTime() - began);
            }
            return container.status();
          }
        } finally {
          container.lock.unlock();
        }
      }
    } catch (ContainerFailure e) {
      meters.failed(System.nanoTime() - began);
      throw e;
    }
  }

  /** Whether it was started now, and not before. */
  private boolean startLocked(
      OciContainer container, ContainerSpec spec, RootImage image, OciPrograms programs)
      throws ContainerFailure, InterruptedException {
    if (!(container.record().state() instanceof ContainerState.Created)) {
      return false;
    }
    try {
      if (Files.exists(container.paths.directory())) {
        // An earlier call was interrupted, or could not clean up after itself.
        if (recovery.adopted(container)) {
          monitor.follow(container);
          return false;
        }
        ending.tearDown(container, host.commands(programs));
      }
      Files.createDirectories(container.paths.directory());
      ContainerStart.remember(container, container.record());
      starting.run(container, spec, image, programs, () -> monitor.follow(container));
      log.info("started container {} of pod {}", container.id.container(), spec.pod());
      return true;
    } catch (IOException e) {
      var failure =
          new ContainerFailure(
              Reason.CREATE_FAILED,
              "container %s could not be created: %s".formatted(spec.container(), e.getMessage()),
              e);
      undo(container, failure);
      throw failure;
    } catch (ContainerFailure e) {
      undo(container, e);
      if (!Files.isExecutable(programs.runtime()) || !Files.isExecutable(programs.monitor())) {
        probe.forget();
      }
      throw e;
    }
  }

  /** Leaves nothing of a container that could not be started. */
  private void undo(OciContainer container, ContainerFailure failure) throws InterruptedException {
    try {
      monitor.forget(container);
      ending.tearDown(container, commandsIfAny());
      containers.remove(container.id, container);
    } catch (IOException | ContainerFailure e) {
      // Its record stays: the next start, remove or recover takes it away.
      failure.addSuppressed(e);
      log.warn("container {} is left half made", container.id, e);
    }
  }

  private OciContainer fresh(ContainerSpec spec, RootImage image) {
    var record =
        new ContainerRecord(
            spec.id(),
            spec.pod(),
            spec.image(),
            image.id(),
            spec.terminationMessage(),
            spec.grace(),
            spec.security().hostPid(),
            host.bootId(),
            host.clock().instant(),
            null,
            null,
            null);
    return ContainerRecovery.container(host.settings(), record);
  }

  void stop(ContainerId id, Duration grace) throws ContainerFailure, InterruptedException {
    var container = containers.get(id);
    if (container == null || container.ended()) {
      return;
    }
    var process = container.record().process();
    if (process == null) {
      remove(id);
      return;
    }
    try {
      if (endsByItself(container, process, grace)) {
        return;
      }
      log.info("killing container {} after its grace period of {}", id, grace);
      ending.killAll(container, List.of(process));
      monitor.look();
      if (!container.endsWithin(ContainerMonitor.EXIT_FILE_LATE)) {
        finish(container);
      }
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.KILL_FAILED,
          "container %s cannot be stopped: %s".formatted(id, e.getMessage()),
          e);
    }
  }

  /** Asks the container to end, and waits for it; false when its time is up. */
  private boolean endsByItself(OciContainer container, ProcessIdentity process, Duration grace)
      throws IOException, InterruptedException {
    if (grace.isZero() || process.handles(SIGTERM)) {
      if (!grace.isZero()) {
        host.signal(process, SIGTERM);
      }
      return container.endsInGrace(grace);
    }
    host.signal(process, SIGTERM);
    var again =
        Thread.ofVirtual()
            .name("container-term-" + container.id.container())
            .start(() -> signalOnceHandled(process));
    try {
      return container.endsInGrace(grace);
    } finally {
      again.interrupt();
    }
  }

  /**
   * A process that has only just begun may not have set its handler yet, and then the signal is
   * lost: it would run on until its grace period is over.
   */
  private void signalOnceHandled(ProcessIdentity process) {
    try {
      while (process.alive()) {
        Thread.sleep(HANDLER_LOOK_MILLIS);
        if (process.handles(SIGTERM)) {
          host.signal(process, SIGTERM);
          return;
        }
      }
    } catch (InterruptedException e) {
      log.debug("process {} has ended, or its time is up", process.pid());
    } catch (IOException e) {
      log.warn("process {} could not be told to end", process.pid(), e);
    }
  }

  void remove(ContainerId id) throws ContainerFailure, InterruptedException {
    var container = containers.get(id);
    if (container == null) {
      return;
    }
    if (container.record().state() instanceof ContainerState.Running) {
      stop(id, Duration.ZERO);
    }
    container.lock.lockInterruptibly();
    try {
      monitor.forget(container);
      if (container.ended()) {
        ending.release(container, commandsIfAny());
        ending.removeRecord(container);
      } else {
        ending.tearDown(container, commandsIfAny());
      }
      container.log.remove(ContainerPaths.podLogs(host.settings(), container.record().pod()));
      containers.remove(id, container);
      container.become(gone(container));
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.REMOVE_FAILED,
          "container %s cannot be removed: %s".formatted(id, e.getMessage()),
          e);
    } finally {
      container.lock.unlock();
    }
  }

  /** For those who still wait for its end. */
  private ContainerRecord gone(OciContainer container) {
    var record = container.record();
    return record.exit() != null
        ? record
        : record.exited(ending.unseen(container, "the container was removed"));
  }

  void removePod(String podUid) throws ContainerFailure, InterruptedException {
    for (var id : List.copyOf(containers.keySet())) {
      if (id.podUid().equals(podUid)) {
        remove(id);
      }
    }
    try {
      host.groups().removePod(podUid);
      var logs = ContainerPaths.logs(host.settings());
      // Somebody may have cleared them all away: that must not keep a pod from going.
      if (Files.isDirectory(logs)) {
        try (var pods = Files.newDirectoryStream(logs, "*_" + podUid)) {
          for (var pod : pods) {
            host.removeTree(pod);
          }
        }
      }
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.REMOVE_FAILED,
          "what the containers of pod %s shared cannot be removed: %s"
              .formatted(podUid, e.getMessage()),
          e);
    }
  }

  /** Takes notice of a container that has ended; does nothing for others. */
  private void finish(OciContainer container) {
    try {
      container.lock.lockInterruptibly();
      try {
        notice(container);
        if (container.ended()) {
          ending.release(container, commandsIfAny());
        }
      } finally {
        container.lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ContainerFailure e) {
      log.warn("the end of container {} could not be seen to; it is tried again", container.id, e);
    }
  }

  /** Records and tells that a container has ended, if it has. */
  private void notice(OciContainer container)
      throws IOException, InterruptedException, ContainerFailure {
    if (container.ended()) {
      return;
    }
    var exit = monitor.exitOf(container, ending);
    if (exit.isEmpty()) {
      return;
    }
    if (container.record().hostPid()) {
      ending.killAll(container, List.of());
    }
    ContainerStart.remember(container, container.record().exited(exit.get()));
    monitor.forget(container);
    log.info(
        "container {} of pod {} exited with {} ({})",
        container.id.container(),
        container.record().pod(),
        exit.get().exitCode(),
        exit.get().reason());
    tell(container.status());
  }

  private void tell(ContainerStatus status) {
    try {
      listener.accept(status);
    } catch (RuntimeException e) {
      log.error("telling about the exit of {} failed", status.id(), e);
    }
  }

  /** The OCI runtime for cleaning up, where one works. */
  private @Nullable OciCommands commandsIfAny() throws InterruptedException {
    try {
      return host.commands(probe.programs());
    } catch (ContainerFailure e) {
      log.debug("cleaning up without an OCI runtime", e);
      return null;
    }
  }
}
