package dev.berth.node;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import dev.berth.node.runtime.ContainerFailure;
import dev.berth.node.runtime.ContainerId;
import dev.berth.node.runtime.ContainerRuntime;
import dev.berth.node.runtime.ContainerSpec;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.runtime.ContainerStatus;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Containers that are only remembered: they run until they are stopped or told to exit. They
 * survive the end of the node, as real ones do, because the test keeps this object.
 */
public final class FakeContainers implements ContainerRuntime {
  private final Map<ContainerId, ContainerStatus> containers = new ConcurrentHashMap<>();
  private final List<ContainerSpec> started = new CopyOnWriteArrayList<>();
  private final Map<String, ContainerFailure> refusals = new ConcurrentHashMap<>();
  private volatile Consumer<ContainerStatus> listener = status -> {};
  private final Map<Path, String> groups = new ConcurrentHashMap<>();
  private final Map<String, Duration> graces = new ConcurrentHashMap<>();
  private final LongAdder looks = new LongAdder();
  private volatile Duration stopTakes = Duration.ZERO;

  /** How often pods have looked at their containers. */
  public long looks() {
    return looks.sum();
  }

  /** Every container that was started, in order. */
  public List<ContainerSpec> started() {
    return started;
  }

  /** Starts of this container fail from now on; null ends that. */
  public void refuse(String container, ContainerFailure why) {
    refusals.put(container, why);
  }

  public void admit(String container) {
    refusals.remove(container);
  }

  /** How long a container takes to end after it was asked to. */
  public void stopTakes(Duration time) {
    stopTakes = time;
  }

  /** Lets the running container end. */
  public void exit(String podUid, String container, int code) {
    var running =
        containers.values().stream()
            .filter(s -> s.id().podUid().equals(podUid) && s.id().container().equals(container))
            .filter(s -> s.state() instanceof ContainerState.Running)
            .findFirst()
            .orElseThrow();
    end(running.id(), code, code == 0 ? "Completed" : "Error");
  }

  /** All containers end as they do when the host loses power. */
  public void reboot() {
    containers.values().stream()
        .filter(status -> status.state() instanceof ContainerState.Running)
        .forEach(status -> end(status.id(), 137, "ContainerStatusUnknown"));
  }

  private void end(ContainerId id, int code, String reason) {
    var ended =
        containers.computeIfPresent(
            id,
            (key, status) ->
                with(
                    status,
                    new ContainerState.Exited(
                        status.createdAt(), Instant.now(), code, 0, reason, "")));
    if (ended != null) {
      listener.accept(ended);
    }
  }

  private static ContainerStatus with(ContainerStatus status, ContainerState state) {
    return new ContainerStatus(
        status.id(),
        status.pod(),
        status.image(),
        status.imageId(),
        status.containerId(),
        status.grace(),
        status.logPath(),
        status.createdAt(),
        state);
  }

  @Override
  public String version() {
    return "fake 1.0";
  }

  @Override
  public void recover() {}

  @Override
  public void onExit(Consumer<ContainerStatus> listener) {
    this.listener = listener;
  }

  @Override
  public ContainerStatus start(ContainerSpec spec) throws ContainerFailure {
    var refusal = refusals.get(spec.container());
    if (refusal != null) {
      throw refusal;
    }
    var now = Instant.now();
    return containers.computeIfAbsent(
        spec.id(),
        id -> {
          started.add(spec);
          return new ContainerStatus(
              id,
              spec.pod(),
              spec.image(),
              "sha",
              "fake://" + id,
              spec.grace(),
              Path.of("/dev/null"),
              now,
              new ContainerState.Running(1, now));
        });
  }

  @Override
  public List<ContainerStatus> list() {
    looks.increment();
    return List.copyOf(containers.values());
  }

  @Override
  public Optional<ContainerStatus> status(ContainerId id) {
    return Optional.ofNullable(containers.get(id));
  }

  /** How long the containers of a pod were given to stop; null when they were not asked to. */
  public @Nullable Duration grace(String podUid) {
    return graces.get(podUid);
  }

  @Override
  public void stop(ContainerId id, Duration grace) throws InterruptedException {
    graces.put(id.podUid(), grace);
    Thread.sleep(stopTakes.compareTo(grace) < 0 ? stopTakes : grace);
    var status = containers.get(id);
    if (status != null && status.state() instanceof ContainerState.Running) {
      end(id, 143, "Error");
    }
  }

  @Override
  public void remove(ContainerId id) {
    containers.remove(id);
  }

  @Override
  public void removePod(String podUid) {
    containers.keySet().removeIf(id -> id.podUid().equals(podUid));
  }

  /** A control group that a pod seems to have. */
  public void group(Path directory, String podUid) {
    groups.put(directory, podUid);
  }

  @Override
  public Map<Path, String> controlGroups() {
    return groups;
  }

  @Override
  public ExecSession exec(ContainerId id, ExecCommand command, ExecOutput output) {
    throw new UnsupportedOperationException("fake containers run no commands");
  }

  @Override
  public InputStream logs(ContainerId id, LogQuery query) {
    return InputStream.nullInputStream();
  }

  @Override
  public void close() {}
}
