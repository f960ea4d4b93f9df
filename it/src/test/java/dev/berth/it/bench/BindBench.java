package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.SceneObjects;
import java.util.Arrays;
import java.util.Locale;

/**
 * Claims of an immediate class, created over the API of the packaged server (without nodes) one
 * after the other on sixteen connections, until a watch has told that each is Bound to one of as
 * many volumes: how many in a second, how long each took, and what the server took of the
 * processors for each, from its request to the watch. The client and its watch are on the same
 * processors. Beside it the creates alone, of at most ten thousand claims that no volume fits.
 *
 * <p>Arguments: the numbers of claims (default 1000 10000 100000).
 */
public final class BindBench {
  private static final String TYPE = "bench";
  private static final String SIZE = "10Gi";
  private static final int MOST_LONELY = 10_000;
  private static final int WARMED = 2_000;

  private final BulkClient client;
  private final int count;
  private final String prefix;

  private BindBench(BerthProcess server, int count, String prefix) {
    this.client = new BulkClient(server);
    this.count = count;
    this.prefix = prefix;
  }

  public static void main(String[] arguments) throws Exception {
    System.out.println(Machine.describe());
    System.out.printf(
        "%10s %10s %10s %10s %14s %14s %10s%n",
        "claims", "bound/s", "p50 ms", "p99 ms", "server us each", "creates/s", "RSS MiB");
    var counts = arguments.length > 0 ? arguments : new String[] {"1000", "10000", "100000"};
    for (var count : counts) {
      try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
        // Until the server's code is compiled, the first claims would only be the slower ones.
        new BindBench(server, WARMED, "warm-").round();
        System.out.println(new BindBench(server, Integer.parseInt(count), "c-").round());
      }
    }
  }

  private String round() throws Exception {
    var available = client.follow(SceneObjects.VOLUMES, prefix, SceneObjects.AVAILABLE, count);
    client.create(SceneObjects.VOLUMES, count, n -> SceneObjects.volume(prefix + n, TYPE, n));
    available.await();

    var begun = new long[count];
    var bound = client.follow(SceneObjects.CLAIMS, prefix, "\"phase\":\"Bound\"", count);
    var cpu = client.serverMicros();
    var start = System.nanoTime();
    client.create(
        SceneObjects.CLAIMS,
        count,
        n -> {
          begun[n] = System.nanoTime();
          return SceneObjects.claim(prefix + n, TYPE, SIZE);
        });
    var ended = bound.await();
    var took = Arrays.stream(ended).max().orElse(start) - start;
    cpu = client.serverMicros() - cpu;
    var waits = new Samples("");
    for (var n = 0; n < count; n++) {
      waits.add(ended[n] - begun[n]);
    }
    var lonely = Math.min(count, MOST_LONELY);
    var since = System.nanoTime();
    client.create(
        SceneObjects.CLAIMS,
        lonely,
        n -> SceneObjects.claim("lonely-" + prefix + n, "nothing", SIZE));
    var creating = System.nanoTime() - since;
    return String.format(
        Locale.ROOT,
        "%10d %10.0f %10.1f %10.1f %14d %14.0f %10d",
        count,
        count * 1e9 / took,
        waits.percentile(50),
        waits.percentile(99),
        cpu / count,
        lonely * 1e9 / creating,
        client.residentMebibytes());
  }
}
