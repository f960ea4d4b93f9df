package dev.berth.bin;

import dev.berth.bin.client.ClientException;
import dev.berth.bin.client.Connection;
import dev.berth.bin.client.Console;
import dev.berth.bin.client.NodeDeparture;
import dev.berth.core.observe.Meters;
import dev.berth.node.NodeCleanup;
import dev.berth.node.NodeConfig;
import dev.berth.node.NodeHost;
import dev.berth.node.NodeRoot;
import dev.berth.node.disk.DiskDeadlines;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.SystemChildProcesses;
import dev.berth.node.runtime.ContainerMeters;
import dev.berth.node.runtime.OciRuntime;
import dev.berth.node.runtime.OciSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth node cleanup}: what is done to a host while no server runs. */
@Command(
    name = "node",
    description =
        "cleanup takes away what a node has put on this host: its containers, mounts, loop devices"
            + " and its root directory. What is on volumes stays. The node's server must not run;"
            + " where another one answers, what the node told of its pools goes, too.",
    mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {
  private static final String CLEANUP = "cleanup";

  private final Console console;

  @Parameters(paramLabel = "ACTION", description = CLEANUP + ".")
  String action = "";

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "The server's (default: ${DEFAULT-VALUE}); its node's root is DIR/node.")
  String dataDir = "/var/lib/berth";

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "The node's root, where it is another one.")
  String root = "";

  @Mixin final Connection connection = new Connection();

  @Option(names = "--dry-run", description = "Only say what would be done.")
  boolean dryRun;

  NodeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!action.equals(CLEANUP)) {
      throw ClientException.usage("berth node: expected cleanup, found \"" + action + "\"");
    }
    var directory =
        (root.isEmpty() ? Path.of(dataDir, "node") : Path.of(root)).toAbsolutePath().normalize();
    if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw refused("only root can unmount and end containers: run it as root");
    }
    if (!Files.exists(directory)) {
      console.out().println(directory + " is not there: nothing to take away");
      return 0;
    }
    var node =
        NodeRoot.owner(directory)
            .orElseThrow(
                () ->
                    refused(
                        "%s is not the root of a node: expected a file %s that names one; name the"
                                .formatted(directory, directory.resolve("lock"))
                            + " right directory with --data-dir or --root"));
    try (var _ = NodeRoot.take(directory, node)) {
      return clean(node, directory.toRealPath());
    } catch (IllegalStateException e) {
      throw refused(e.getMessage() + "; stop the server first");
    }
  }

  private int clean(String node, Path directory) throws IOException, InterruptedException {
    var syscalls = new JnrSyscalls();
    var children = new SystemChildProcesses(SystemChildProcesses.Limits.DEFAULT, Meters.none());
    var clock = Clock.systemUTC();
    var host = NodeHost.of(syscalls, children, DiskDeadlines.DEFAULT, clock);
    var config = new NodeConfig(node, directory, Map.of(), Map.of(), false, 0, "");
    var settings = new OciSettings(node, directory, List.of(), Map.of());
    try (var runtime =
        OciRuntime.on(
            settings,
            syscalls,
            children,
            host.removal(),
            host.mounts(),
            new ContainerMeters(Meters.none()),
            clock)) {
      var out = console.out();
      var problem = new NodeCleanup(config, host, runtime, out::println, dryRun).run();
      if (problem.isPresent()) {
        throw refused(problem.get() + "; then run this again");
      }
      NodeDeparture.takeBackReports(connection, node, dryRun, console);
      out.println(dryRun ? "nothing was changed" : "node " + node + " has left this host");
      return 0;
    }
  }

  private static ClientException refused(String why) {
    return ClientException.failed("berth node cleanup: " + why);
  }
}
