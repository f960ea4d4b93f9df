package dev.berth.node.runtime;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers by runc or crun, each under its own conmon.
 *
 * <p>Images are root file systems on this host; {@code host} is the host's own: its programs over a
 * private, writable layer, without its secrets, its users' files, the server's data, and without
 * anything that is mounted on the host. A container of image {@code host} that names no command
 * sleeps until it is told to end, and then exits with 0.
 *
 * <p>Containers have mount, pid, ipc and uts namespaces of their own and the host's network. They
 * are in control groups {@code /berth/NODE/POD UID/CONTAINER-ATTEMPT}.
 */
public final class OciRuntime implements ContainerRuntime, ContainerMeters.Node {
  private static final Logger log = LoggerFactory.getLogger(OciRuntime.class);
  private static final Duration CLOSING = Duration.ofSeconds(2);

  private final OciHost host;
  private final RuntimeProbe probe;
  private final ContainerMeters meters;
  private final Thread probing;
  private final ExecSessions sessions;
  private final ContainerLives lives;

  private OciRuntime(OciHost host, RuntimeProbe probe, ContainerMeters meters) {
    this.host = host;
    this.probe = probe;
    this.meters = meters;
    this.lives = new ContainerLives(host, probe, meters);
    this.sessions = new ExecSessions(host);
    meters.add(this);
    this.probing = Thread.ofVirtual().name("container-probe-" + name()).start(this::probe);
  }

  /**
   * A node's containers. Nothing of them is read before {@link #recover}; the programs to run them
   * with are looked for in the background from now on.
   *
   * @throws IOException when the host cannot be read
   */
  public static OciRuntime on(
      OciSettings settings,
      Syscalls syscalls,
      ChildProcesses children,
      SafeRemoval removal,
      MountReader mounts,
      ContainerMeters meters,
      Clock clock)
      throws IOException {
    var groups = new ControlGroups(mounts.read(), settings.node());
    var hidden = new ArrayList<>(settings.hidden());
    hidden.add(settings.root());
    var host =
        new OciHost(
            settings,
            syscalls,
            children,
            removal,
            mounts,
            groups,
            new OverlayRoot(syscalls, new HiddenFiles(hidden, mounts)),
            new RootImages(settings, children, removal),
            clock,
            Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
            OwnRights.read());
    var circumstances =
        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip() + " " + groups.layout();
    var probe = new RuntimeProbe(settings, children, circumstances, new RuntimeTrial(host), clock);
    return new OciRuntime(host, probe, meters);
  }

  @Override
  public String version() throws ContainerFailure, InterruptedException {
    return probe.programs().name();
  }

  @Override
  public void recover() throws ContainerFailure, InterruptedException {
    try {
      lives.recover();
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.RUNTIME_UNAVAILABLE,
          "containers of node %s cannot be found again in %s: %s"
              .formatted(name(), ContainerPaths.runtime(host.settings()), e.getMessage()),
          e);
    }
  }

  @Override
  public void onExit(Consumer<ContainerStatus> listener) {
    lives.onExit(listener);
  }

  @Override
  public ContainerStatus start(ContainerSpec spec) throws ContainerFailure, InterruptedException {
    return lives.start(spec);
  }

  @Override
  public void stop(ContainerId id, Duration grace) throws ContainerFailure, InterruptedException {
    lives.stop(id, grace);
  }

  @Override
  public void remove(ContainerId id) throws ContainerFailure, InterruptedException {
    lives.remove(id);
  }

  @Override
  public void removePod(String podUid) throws ContainerFailure, InterruptedException {
    lives.removePod(podUid);
  }

  @Override
  public List<ContainerStatus> list() {
    return lives.all().stream().map(OciContainer::status).toList();
  }

  @Override
  public Optional<ContainerStatus> status(ContainerId id) {
    return lives.find(id).map(OciContainer::status);
  }

  @Override
  public Map<Path, String> controlGroups() throws IOException {
    return host.groups().pods();
  }

  @Override
  public ExecSession exec(ContainerId id, ExecCommand command, ExecOutput output)
      throws ContainerFailure, InterruptedException {
    var container = known(id);
    if (!(container.record().state() instanceof ContainerState.Running)) {
      throw new ContainerFailure(
          Reason.NOT_RUNNING, "container \"%s\" does not run".formatted(id.container()));
    }
    return sessions.begin(container, host.commands(probe.programs()), command, output);
  }

  @Override
  public InputStream logs(ContainerId id, LogQuery query) throws ContainerFailure {
    var container = known(id);
    try {
      return new LogStream(container.log, query, container::ended);
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.NOT_FOUND,
          "the log of container %s cannot be read: %s".formatted(id, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    meters.remove(this);
    lives.close();
    try {
      // A trial takes a moment and cleans up after itself, which a killed one cannot.
      probing.join(CLOSING);
      probing.interrupt();
      probing.join(CLOSING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      host.groups().removeEmpty();
    } catch (IOException e) {
      log.warn("empty control groups of node {} are left", name(), e);
    }
  }

  private OciContainer known(ContainerId id) throws ContainerFailure {
    return lives
        .find(id)
        .orElseThrow(
            () ->
                new ContainerFailure(
                    Reason.NOT_FOUND,
                    "node %s knows no container \"%s\" of that pod"
                        .formatted(name(), id.container())));
  }

  private void probe() {
    try {
      probe.programs();
    } catch (ContainerFailure e) {
      log.error("containers cannot be run on node {}: {}", host.settings().node(), e.getMessage());
    } catch (InterruptedException e) {
      log.debug("looking for container runtimes was interrupted");
    }
  }

  @Override
  public String name() {
    return host.settings().node();
  }

  @Override
  public long running() {
    return lives.all().size() - exited();
  }

  @Override
  public long exited() {
    return lives.all().stream().filter(OciContainer::ended).count();
  }
}
