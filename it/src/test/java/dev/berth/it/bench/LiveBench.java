package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.SceneObjects;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Pods created live over the API of the packaged server while its nodes are there: each is created
 * on one of sixteen connections, and a watch tells when it has its node. In the kind {@code claim}
 * each comes with a claim of a delayed class, created right before it, that gets a local volume
 * together with the node; there are as many volumes as pods. How many pods in a second, how long
 * from a pod's request to the watch, and what the server took of the processors for each. The
 * client and its watch are on the same processors.
 *
 * <p>Arguments: nothing for all scenes, or {@code NODES PODS plain|claim}.
 */
public final class LiveBench {
  private static final int WARMED = 500;

  private record Scene(int nodes, int pods, boolean claims) {}

  private static final List<Scene> SCENES =
      List.of(
          new Scene(1_000, 5_000, false),
          new Scene(5_000, 5_000, false),
          new Scene(1_000, 1_000, true),
          new Scene(5_000, 5_000, true));

  private final BulkClient client;
  private final Scene scene;

  private LiveBench(BulkClient client, Scene scene) {
    this.client = client;
    this.scene = scene;
  }

  public static void main(String[] arguments) throws Exception {
    var scenes =
        arguments.length < 3
            ? SCENES
            : List.of(
                new Scene(
                    Integer.parseInt(arguments[0]),
                    Integer.parseInt(arguments[1]),
                    arguments[2].equals("claim")));
    System.out.println(Machine.describe());
    System.out.printf(
        "%-6s %8s %8s %10s %10s %10s %14s %10s%n",
        "", "nodes", "pods", "pods/s", "p50 ms", "p99 ms", "server us each", "RSS MiB");
    for (var scene : scenes) {
      try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
        var bench = new LiveBench(new BulkClient(server), scene);
        bench.set();
        // Until the server's code is compiled, the first pods would only be the slower ones.
        bench.round("warm-", WARMED);
        System.out.println(bench.round("live-", scene.pods()));
      }
    }
  }

  private void set() throws Exception {
    client.create(SceneObjects.CLASSES, 1, n -> SceneObjects.DELAYED_CLASS);
    client.create(SceneObjects.NODES, scene.nodes(), SceneObjects::node);
  }

  private String round(String prefix, int pods) throws Exception {
    if (scene.claims()) {
      var available = client.follow(SceneObjects.VOLUMES, prefix, SceneObjects.AVAILABLE, pods);
      client.create(
          SceneObjects.VOLUMES,
          pods,
          n -> SceneObjects.volume(prefix + n, "local", n % scene.nodes()));
      available.await();
    }
    var bound = client.follow(SceneObjects.PODS, prefix, SceneObjects.BOUND, pods);
    var begun = new long[pods];
    var cpu = client.serverMicros();
    var start = System.nanoTime();
    client.each(
        pods,
        (connection, n) -> {
          var name = prefix + n;
          if (scene.claims()) {
            BulkClient.post(
                connection, SceneObjects.CLAIMS, SceneObjects.claim(name, "local", "10Gi"));
          }
          begun[n] = System.nanoTime();
          BulkClient.post(
              connection,
              SceneObjects.PODS,
              SceneObjects.pod(
                  name, "live", "100m", "", scene.claims() ? List.of(name) : List.of()));
        });
    var ended = bound.await();
    var took = Arrays.stream(ended).max().orElse(start) - start;
    cpu = client.serverMicros() - cpu;
    var waits = new Samples("");
    for (var n = 0; n < pods; n++) {
      waits.add(ended[n] - begun[n]);
    }
    return String.format(
        Locale.ROOT,
        "%-6s %8d %8d %10.0f %10.1f %10.1f %14d %10d",
        scene.claims() ? "claim" : "plain",
        scene.nodes(),
        pods,
        pods * 1e9 / took,
        waits.percentile(50),
        waits.percentile(99),
        cpu / pods,
        client.residentMebibytes());
  }
}
