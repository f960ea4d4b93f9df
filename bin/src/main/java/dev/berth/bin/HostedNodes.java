package dev.berth.bin;

import dev.berth.bin.config.ConfigException;
import dev.berth.bin.config.ServerConfig;
import dev.berth.bin.config.ServerConfig.HostedNode;
import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.NodeAccess;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.VolumeUsage;
import dev.berth.core.observe.Meters;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.registry.EventRecorder;
import dev.berth.core.registry.Resources;
import dev.berth.node.NodeAgent;
import dev.berth.node.NodeConfig;
import dev.berth.node.NodeHost;
import dev.berth.node.NodeMeters;
import dev.berth.node.NodeRoot;
import dev.berth.node.disk.DiskDeadlines;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.linux.SystemChildProcesses;
import dev.berth.node.runtime.ContainerMeters;
import dev.berth.node.runtime.OciRuntime;
import dev.berth.node.runtime.OciSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The nodes that live in this process: each with a root, a runtime and an agent of its own. */
final class HostedNodes {
  private final ServerConfig settings;
  private final Resources resources;
  private final EventRecorder events;
  private final Closer closer;
  private final List<NodeAgent> agents = new ArrayList<>();

  HostedNodes(ServerConfig settings, Resources resources, EventRecorder events, Closer closer) {
    this.settings = settings;
    this.resources = resources;
    this.events = events;
    this.closer = closer;
  }

  /**
   * Starts all of them, in the background.
   *
   * @throws ConfigException when a node cannot be what the settings say
   * @throws IOException when a root or the host cannot be read
   */
  void start(Syscalls syscalls, Meters meters) throws IOException {
    var children = new SystemChildProcesses(SystemChildProcesses.Limits.DEFAULT, meters);
    var clock = Clock.systemUTC();
    var host = NodeHost.of(syscalls, children, DiskDeadlines.DEFAULT, clock);
    var nodeMeters = new NodeMeters(meters);
    var containerMeters = new ContainerMeters(meters);
    for (var node : nodes()) {
      var config = config(node);
      closer.add("the root of node " + node.name(), hold(config));
      var runtime =
          OciRuntime.on(
              runtimeSettings(config),
              syscalls,
              children,
              host.removal(),
              host.mounts(),
              containerMeters,
              clock);
      closer.add("the containers of node " + node.name(), runtime);
      var agent =
          new NodeAgent(
              config, host, resources, events.from("kubelet", node.name()), runtime, nodeMeters);
      closer.add("node " + node.name(), agent);
      agent.start();
      agents.add(agent);
    }
  }

  private static NodeRoot hold(NodeConfig config) throws IOException {
    try {
      return NodeRoot.take(config.root(), config.name());
    } catch (IllegalStateException e) {
      throw new ConfigException("setting dataDir or nodes[].root: " + e.getMessage());
    }
  }

  /** The nodes that have not yet read what runs on them. */
  List<String> missing() {
    return agents.stream()
        .filter(agent -> !agent.running().isDone())
        .map(agent -> "node " + agent.name() + " does not look after its pods yet")
        .toList();
  }

  /** How to look into each of them. */
  NodeAccess access() {
    var containers = new LinkedHashMap<String, ContainerAccess>();
    agents.forEach(agent -> containers.put(agent.name(), agent.containers()));
    return new NodeAccess(new HostedContainers(Map.copyOf(containers)), this::storage, this::usage);
  }

  private Optional<NodeStorage> storage(String node) throws IOException, InterruptedException {
    for (var agent : agents) {
      if (agent.name().equals(node)) {
        return Optional.of(agent.storage());
      }
    }
    return Optional.empty();
  }

  private Optional<List<VolumeUsage>> usage(String node) throws InterruptedException {
    for (var agent : agents) {
      if (agent.name().equals(node)) {
        return Optional.of(agent.usage());
      }
    }
    return Optional.empty();
  }

  private List<HostedNode> nodes() throws IOException {
    if (!settings.nodes().isEmpty()) {
      return settings.nodes();
    }
    var name = settings.nodeName();
    if (name.isEmpty()) {
      var host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
      name = host.toLowerCase(Locale.ROOT);
    }
    return List.of(
        new HostedNode(
            name, Path.of(settings.dataDir(), "node").toString(), Map.of(), settings.pools()));
  }

  private NodeConfig config(HostedNode node) throws IOException {
    if (!NodeConfig.isName(node.name())) {
      // The host's own name: it is not in the settings.
      throw new ConfigException(
          "setting nodeName: expected %s, found \"%s\"".formatted(NodeConfig.NAME, node.name()));
    }
    var root =
        node.root().isEmpty()
            ? Path.of(settings.dataDir(), "nodes", node.name())
            : Path.of(node.root());
    try {
      return new NodeConfig(
          node.name(),
          real(Files.createDirectories(root)),
          node.labels(),
          pools(node),
          settings.allowPlainDirectories(),
          settings.wipeBytesPerSecond(),
          "v" + Main.Version.current());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("setting nodeName, nodes or pools: " + e.getMessage());
    }
  }

  /** The node's pools; where none is named there is one beside the node's root, not in it. */
  private Map<String, Path> pools(HostedNode node) throws IOException {
    if (node.pools().isEmpty()) {
      var pool = Path.of(settings.dataDir(), "pools", node.name(), NodeProvisioner.DEFAULT_POOL);
      Files.createDirectories(
          pool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return Map.of(NodeProvisioner.DEFAULT_POOL, real(pool));
    }
    var pools = new HashMap<String, Path>();
    for (var pool : node.pools().entrySet()) {
      var directory = Path.of(pool.getValue());
      pools.put(pool.getKey(), Files.isDirectory(directory) ? real(directory) : directory);
    }
    return pools;
  }

  /**
   * Where links lead to. What the kernel tells of mounts and loop devices has no links in it, and
   * runtimes refuse them.
   */
  private static Path real(Path directory) throws IOException {
    return directory.toRealPath();
  }

  private OciSettings runtimeSettings(NodeConfig config) {
    var hidden = List.of(Path.of(settings.dataDir()).toAbsolutePath().normalize());
    return new OciSettings(config.name(), config.root(), hidden, settings.imageAliases());
  }
}
