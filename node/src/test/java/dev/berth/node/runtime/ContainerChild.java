package dev.berth.node.runtime;

import dev.berth.core.observe.Meters;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.OpenatRemoval;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/**
 * A process that starts containers of a node, all at once, and waits to be killed. Its arguments:
 * node, root, directory for the containers' traces, number of containers.
 */
final class ContainerChild {
  private ContainerChild() {}

  public static void main(String[] arguments) throws Exception {
    var settings = new OciSettings(arguments[0], Path.of(arguments[1]), List.of(), Map.of());
    var traces = Path.of(arguments[2]);
    var runtime =
        OciRuntime.on(
            settings,
            ContainerHost.SYSCALLS,
            ContainerHost.CHILDREN,
            new OpenatRemoval(ContainerHost.SYSCALLS),
            MountTable.reader(),
            new ContainerMeters(Meters.none()),
            Clock.systemUTC());
    runtime.recover();
    runtime.version();
    System.out.println("ready");
    IntStream.range(0, Integer.parseInt(arguments[3]))
        .forEach(number -> Thread.ofVirtual().start(() -> start(runtime, traces, number)));
    new CountDownLatch(1).await();
  }

  private static void start(OciRuntime runtime, Path traces, int number) {
    try {
      var status = runtime.start(spec(traces, number));
      System.out.println("started " + number + " " + status.state());
    } catch (ContainerFailure | InterruptedException e) {
      System.out.println("failed " + number + " " + e);
    }
  }

  /** Leaves a line in a file of its own each time that it is run. */
  static ContainerSpec spec(Path traces, int number) {
    var plain =
        new ContainerSpec(
            new PodRef("uid-" + number, "default", "pod-" + number),
            "main",
            0,
            "host",
            ContainerProcess.of(
                "/bin/sh", "-c", "echo run >> /traces/" + number + "; exec sleep 100000"));
    return new ContainerSpec(
        plain.pod(),
        plain.container(),
        plain.attempt(),
        plain.image(),
        plain.process(),
        "h",
        List.of(),
        List.of(new ContainerMount(traces, "/traces")),
        List.of(),
        plain.resources(),
        plain.security(),
        plain.terminationMessage(),
        plain.grace());
  }
}
