package dev.berth.node;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.VolumeUsage;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Resources;
import dev.berth.node.config.ApiConfigObjects;
import dev.berth.node.config.Surroundings;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.plugin.VolumePlugin;
import dev.berth.node.runtime.ContainerFailure;
import dev.berth.node.runtime.ContainerRuntime;
import dev.berth.node.runtime.NodeContainers;
import dev.berth.node.sync.ObjectFeed;
import dev.berth.node.sync.PodLoop;
import dev.berth.node.sync.PodTools;
import dev.berth.node.volume.NodeVolumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: registers itself, sends its heartbeat, runs the pods that are given to it with their
 * volumes, and wipes released volumes. It knows the rest of the world only as {@link Resources} and
 * {@link EventSink}.
 *
 * <p>Stopping it, in whatever way, leaves pods and mounts as they are; the next one with the same
 * root finds them again.
 */
public final class NodeAgent implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);
  private static final Duration RETRY_RUNTIME = Duration.ofSeconds(10);

  private final NodeConfig config;
  private final ContainerRuntime runtime;
  private final NodeReporter reporter;
  private final NodeHeartbeat heartbeat;
  private final NodeVolumes volumes;
  private final WipeFeed wipes;
  private final GrowthFeed growths;
  private final ObjectFeed classes;
  private final DeletedVolumes deleted;
  private final PodLoop pods;
  private final NodeContainers containers;
  private final Thread starter;
  private final CompletableFuture<Void> running = new CompletableFuture<>();

  /**
   * Nothing happens before {@link #start}.
   *
   * @param runtime of this node alone, not yet recovered; closed by the caller, after this
   * @throws IOException when the root or the host cannot be read; the message names what
   */
  public NodeAgent(
      NodeConfig config,
      NodeHost host,
      Resources resources,
      EventSink events,
      ContainerRuntime runtime,
      NodeMeters meters)
      throws IOException {
    this.config = config;
    this.runtime = runtime;
    Files.createDirectories(config.root());
    var paths = new VolumePaths(config.root().toRealPath());
    var facts = NodeFacts.measure(paths.root(), config.version());
    var surroundings = new Surroundings(facts.address(), facts.allocatable());
    reporter = new NodeReporter(config, facts, resources, host.clock());
    heartbeat = new NodeHeartbeat(config.name(), reporter::uid, resources, host.clock());
    volumes =
        new NodeVolumes(
            new NodeVolumes.Identity(
                config.name(), paths, reporter::labels, reporter, runtime::controlGroups),
            host.tools(config),
            resources,
            events,
            reporter,
            meters.volumes(),
            meters.usage(),
            meters.health(),
            host.clock(),
            surroundings);
    deleted = new DeletedVolumes(config.name(), volumes::forgetDeleted);
    wipes =
        new WipeFeed(
            config.name(),
            resources,
            volumes.loop()::wipe,
            volumes.loop()::provision,
            deleted::look,
            volumes.loop()::urge);
    growths = new GrowthFeed(resources, volumes.loop()::grow);
    classes =
        new ObjectFeed(
            resources, ResourceTypes.CLASS, null, new ObjectFeed.Nudge(volumes.capacities()::look));
    pods =
        new PodLoop(
            config.name(),
            new PodTools(
                resources,
                events,
                runtime,
                volumes.loop(),
                host.removal(),
                paths,
                host.clock(),
                new ApiConfigObjects(resources),
                surroundings,
                host.children(),
                facts.memory(),
                facts.bootId()),
            meters.pods());
    containers = new NodeContainers(runtime);
    starter = Thread.ofVirtual().name("start of node " + config.name()).unstarted(this::begin);
  }

  /**
   * Starts in the background; {@link #running} tells when it is done.
   *
   * @throws IOException when the node's root or the mount table cannot be read
   */
  public void start() throws IOException {
    var private750 =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---"));
    if (!Files.isDirectory(config.root().resolve("pods"))) {
      Files.createDirectory(config.root().resolve("pods"), private750);
    }
    reporter.start();
    volumes.start();
    starter.start();
  }

  /** Completes when the node is registered and looks after its pods. */
  public CompletableFuture<Void> running() {
    return running;
  }

  public String name() {
    return config.name();
  }

  /** Commands in, and output of, the node's containers. */
  public ContainerAccess containers() {
    return containers;
  }

  /** What the block devices of its host are, whether volumes could use them, and what is left. */
  public NodeStorage storage() throws IOException, InterruptedException {
    return volumes.storage();
  }

  /** What was found twice in a row on the host and belongs to nobody; looks now. */
  Set<String> orphans() throws InterruptedException {
    return volumes.orphans();
  }

  /** The kinds of volumes that it serves. */
  List<VolumePlugin> plugins() {
    return volumes.plugins();
  }

  /** How full the claims are that its pods have mounted. */
  public List<VolumeUsage> usage() throws InterruptedException {
    return volumes.usage();
  }

  private void begin() {
    try {
      reporter.registered().get();
      heartbeat.start();
      var version = recover();
      reporter.ready(new NodeStatus.Readiness(true, "NodeReady", "containers can be run", version));
      pods.start();
      volumes.capacities().start();
      classes.start();
      wipes.start();
      growths.start();
      deleted.start();
      running.complete(null);
      LOG.info("node {} runs on {} with {}", config.name(), config.root(), version);
    } catch (InterruptedException e) {
      LOG.debug("node {} was stopped while it started", config.name());
    } catch (ExecutionException e) {
      throw new IllegalStateException("a registration is tried until it succeeds", e);
    }
  }

  /** Without containers nothing is known about which volumes are in use: so that comes first. */
  private String recover() throws InterruptedException {
    while (true) {
      try {
        var version = "oci://" + runtime.version();
        runtime.recover();
        return version;
      } catch (ContainerFailure e) {
        LOG.error("node {} cannot run containers: {}", config.name(), e.getMessage());
        reporter.ready(
            new NodeStatus.Readiness(
                false, e.reason().text(), String.valueOf(e.getMessage()), "oci://unknown"));
        Thread.sleep(RETRY_RUNTIME);
      }
    }
  }

  /** Stops within some seconds. Pods and mounts stay. */
  @Override
  public void close() {
    starter.interrupt();
    wipes.close();
    growths.close();
    classes.close();
    deleted.close();
    pods.close();
    volumes.close();
    heartbeat.close();
    reporter.close();
  }
}
