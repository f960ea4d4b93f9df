package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.SceneObjects;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The memory of the packaged server, with the options of its own launcher, that has many nodes
 * (each with its Lease) and volumes, all created over its API: resident memory as it is, and the
 * heap in use after it was collected. Then the same, and the time to ready, after a restart.
 *
 * <p>Arguments: nodes (default 50000), volumes (default 100000).
 */
public final class MemoryBench {
  private static final Pattern USED = Pattern.compile("\\btotal \\d+K, used (\\d+)K");

  private final BerthProcess server;
  private final BulkClient client;

  private MemoryBench(BerthProcess server) {
    this.server = server;
    this.client = new BulkClient(server);
  }

  public static void main(String[] arguments) throws Exception {
    var nodes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50_000;
    var volumes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 100_000;
    System.out.println(Machine.describe());
    System.out.printf("%-28s %10s %16s %16s%n", "", "RSS MiB", "heap after GC", "RSS after GC");
    try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
      var bench = new MemoryBench(server);
      bench.report("empty");
      bench.set(nodes, volumes);
      bench.report("%d nodes, %d volumes".formatted(nodes, volumes));
      server.stop();
      var since = System.nanoTime();
      server.launch();
      server.awaitReady();
      bench.report("after a restart of %.1f s".formatted((System.nanoTime() - since) / 1e9));
    }
  }

  private void set(int nodes, int volumes) throws Exception {
    client.create(SceneObjects.CLASSES, 1, n -> SceneObjects.DELAYED_CLASS);
    client.create(SceneObjects.NODES, nodes, SceneObjects::node);
    client.create(SceneObjects.LEASES, nodes, n -> SceneObjects.lease(n, Instant.now()));
    var available = client.follow(SceneObjects.VOLUMES, "disk-", SceneObjects.AVAILABLE, volumes);
    client.create(
        SceneObjects.VOLUMES, volumes, n -> SceneObjects.volume("disk-" + n, "local", n % nodes));
    available.await();
  }

  private void report(String state) throws IOException {
    var resident = client.residentMebibytes();
    jcmd("GC.run");
    System.out.printf(
        Locale.ROOT,
        "%-28s %10d %16d %16d%n",
        state,
        resident,
        heapMebibytes(),
        client.residentMebibytes());
  }

  /** What is in use in both generations. */
  private long heapMebibytes() {
    return USED.matcher(jcmd("GC.heap_info"))
            .results()
            .mapToLong(found -> Long.parseLong(found.group(1)))
            .sum()
        >> 10;
  }

  private String jcmd(String command) {
    var program = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    return Command.run(program.toString(), Long.toString(server.pid()), command).ok();
  }
}
