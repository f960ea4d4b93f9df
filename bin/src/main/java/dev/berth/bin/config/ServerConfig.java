package dev.berth.bin.config;

import dev.berth.node.NodeConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every setting of the server; {@code conf/berth.yaml} explains each and is held equal to {@link
 * #DEFAULT} by a test.
 *
 * @param dataDir where the store, the node's root and the credentials live
 * @param listen see {@link #listenAddress}
 * @param socket path of the unix socket for root on this host
 * @param nodeName empty for the host's name
 * @param nodes the nodes that this process hosts; empty for the one named {@code nodeName}
 * @param pools directories for the images of loop volumes, by name, of the node named {@code
 *     nodeName}; empty for one in the data directory
 * @param imageAliases image names of manifests, to what is run instead
 * @param allowPlainDirectories whether a local volume may be a directory that is no mount point
 * @param wipeBytesPerSecond how fast each disk of a released volume is wiped, 0 for no limit
 */
public record ServerConfig(
    String dataDir,
    String listen,
    String socket,
    List<Role> roles,
    String nodeName,
    ContainerRunner runtime,
    List<HostedNode> nodes,
    Map<String, String> pools,
    Map<String, String> imageAliases,
    boolean allowPlainDirectories,
    long wipeBytesPerSecond,
    Log log) {

  /** What runs the containers. */
  public enum ContainerRunner {
    /** runc or crun, under conmon. */
    OCI
  }

  /**
   * A node that this process hosts.
   *
   * @param root directory of its own; empty for a directory of its name below the data directory
   * @param pools see {@link ServerConfig#pools}
   */
  public record HostedNode(
      String name, String root, Map<String, String> labels, Map<String, String> pools) {
    public HostedNode {
      labels = Map.copyOf(labels);
      pools = Map.copyOf(pools);
    }

    private static HostedNode of(SettingsGroup group) {
      var name = group.text("name", "");
      if (name.isEmpty()) {
        throw ConfigException.of("nodes[].name", "", "a name for each node");
      }
      requireNodeName("nodes[].name", name);
      return new HostedNode(
          name, group.text("root", ""), group.texts("labels"), group.texts("pools"));
    }
  }

  /** What the log looks like. */
  public record Log(Format format, Level level) {
    public enum Format {
      TEXT,
      JSON
    }

    public enum Level {
      DEBUG,
      INFO,
      WARN,
      ERROR
    }

    private static Log of(SettingsGroup group) {
      return new Log(
          group.choice("format", DEFAULT.log().format()),
          group.choice("level", DEFAULT.log().level()));
    }
  }

  public static final ServerConfig DEFAULT =
      new ServerConfig(
          "/var/lib/berth",
          "127.0.0.1:6443",
          "/run/berth/berth.sock",
          List.of(Role.values()),
          "",
          ContainerRunner.OCI,
          List.of(),
          Map.of(),
          Map.of(),
          false,
          0,
          new Log(Log.Format.TEXT, Log.Level.INFO));

  public ServerConfig {
    roles = List.copyOf(roles);
    nodes = List.copyOf(nodes);
    pools = Map.copyOf(pools);
    imageAliases = Map.copyOf(imageAliases);
    if (dataDir.isEmpty()) {
      throw ConfigException.of("dataDir", dataDir, "a directory");
    }
    if (socket.isEmpty() || socket.length() > 100) {
      throw ConfigException.of("socket", socket, "a path of at most 100 characters");
    }
    if (!roles.contains(Role.API)) {
      throw ConfigException.of(
          "roles", roles, "api among them: a server without it cannot join another one");
    }
    if (wipeBytesPerSecond < 0) {
      throw ConfigException.of(
          "wipeBytesPerSecond", wipeBytesPerSecond, "bytes per second, or 0 for no limit");
    }
    ListenAddress.parse(listen);
    if (nodes.stream().map(HostedNode::name).distinct().count() < nodes.size()) {
      throw ConfigException.of("nodes", nodes, "a different name for each node");
    }
    if (!nodeName.isEmpty()) {
      requireNodeName("nodeName", nodeName);
    }
    if (!nodes.isEmpty() && !nodeName.isEmpty()) {
      throw ConfigException.of("nodeName", nodeName, "nothing where nodes are listed");
    }
    if (!nodes.isEmpty() && !pools.isEmpty()) {
      throw ConfigException.of("pools", pools, "pools at each node where nodes are listed");
    }
  }

  /** Directories are called so: nothing is made for a node that cannot be. */
  private static void requireNodeName(String setting, String name) {
    if (!NodeConfig.isName(name)) {
      throw ConfigException.of(setting, name, NodeConfig.NAME);
    }
  }

  /** Reads every setting; what is left out has its default. */
  static ServerConfig of(SettingsGroup settings) {
    return new ServerConfig(
        settings.text("dataDir", DEFAULT.dataDir()),
        settings.text("listen", DEFAULT.listen()),
        settings.text("socket", DEFAULT.socket()),
        settings.list(
            "roles",
            DEFAULT.roles(),
            (path, found) -> SettingsGroup.constant(path, found, Role.class)),
        settings.text("nodeName", DEFAULT.nodeName()),
        settings.choice("runtime", DEFAULT.runtime()),
        settings.list(
            "nodes",
            DEFAULT.nodes(),
            (path, found) -> SettingsGroup.at(path, found).all(HostedNode::of)),
        settings.texts("pools"),
        settings.texts("imageAliases"),
        settings.flag("allowPlainDirectories", DEFAULT.allowPlainDirectories()),
        settings.count("wipeBytesPerSecond", DEFAULT.wipeBytesPerSecond()),
        settings.group("log", DEFAULT.log(), Log::of));
  }

  /** Where TLS connections are accepted, if anywhere; its host is not looked up. */
  public Optional<InetSocketAddress> listenAddress() {
    return ListenAddress.parse(listen);
  }

  public boolean plays(Role role) {
    return roles.contains(role);
  }

  public Path storeDir() {
    return Path.of(dataDir, "store");
  }

  public Path pkiDir() {
    return Path.of(dataDir, "pki");
  }

  public Path kubeconfig() {
    return Path.of(dataDir, "admin.kubeconfig");
  }
}
