package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.SceneObjects;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What it takes to say why a pod waits that fits on none of many nodes, each with a volume that is
 * too small for the pod's claim: the time and size of the answers about the pod and its claim. They
 * are made between two decisions; so the pods per second that are placed, and how long each waits,
 * are told without a question and while one client after the other asks all the time.
 *
 * <p>Arguments: nodes, and as many volumes (default 5000), questions (default 50).
 */
public final class ExplainBench {
  private static final int PLACED = 3_000;
  private static final String WAITING = "waiting";
  private static final byte[] NOTHING = {};

  private final BerthProcess server;
  private final BulkClient client;
  private final int nodes;

  private ExplainBench(BerthProcess server, int nodes) {
    this.server = server;
    this.client = new BulkClient(server);
    this.nodes = nodes;
  }

  public static void main(String[] arguments) throws Exception {
    var nodes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5_000;
    var questions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 50;
    System.out.println(Machine.describe());
    try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
      var bench = new ExplainBench(server, nodes);
      bench.set();
      var pod = SceneObjects.PODS + "/" + WAITING + "/explain";
      var claim = SceneObjects.CLAIMS + "/" + WAITING + "/explain";
      bench.ask(pod, 10);
      bench.ask(claim, 10);
      System.out.printf(
          "a pod that fits on none of %d nodes with a volume each, %d questions%n",
          nodes, questions);
      System.out.println(Samples.HEADER + "  bytes of the answer");
      for (var target : List.of(pod, pod + "?limit=1000", claim, claim + "?limit=1000")) {
        System.out.println(bench.ask(target, questions));
      }
      bench.place("warm-", List.of());
      System.out.printf(
          "%-28s %10s %10s %10s %10s%n",
          "pods placed meanwhile", "pods/s", "p50 ms", "p99 ms", "asked");
      bench.report("nobody asks", "quiet-", List.of());
      bench.report("about the pod", "pod-", List.of(pod));
      bench.report("about the claim", "claim-", List.of(claim));
      bench.report("both, at once", "both-", List.of(pod, claim));
    }
  }

  private void set() throws Exception {
    client.create(SceneObjects.CLASSES, 1, n -> SceneObjects.DELAYED_CLASS);
    client.create(SceneObjects.NODES, nodes, SceneObjects::node);
    var available = client.follow(SceneObjects.VOLUMES, "disk-", SceneObjects.AVAILABLE, nodes);
    client.create(SceneObjects.VOLUMES, nodes, n -> SceneObjects.volume("disk-" + n, "local", n));
    available.await();
    client.create(SceneObjects.CLAIMS, 1, n -> SceneObjects.claim(WAITING, "local", "100Gi"));
    client.create(
        SceneObjects.PODS, 1, n -> SceneObjects.pod(WAITING, WAITING, "100", "", List.of(WAITING)));
  }

  private String ask(String target, int times) throws Exception {
    var samples = new Samples(target.substring(target.indexOf("default/") + "default/".length()));
    var bytes = 0;
    try (var connection = ApiConnection.local(server.socket())) {
      for (var n = 0; n < times; n++) {
        var since = System.nanoTime();
        bytes = connection.call(200, "GET", target, NOTHING);
        samples.add(System.nanoTime() - since);
      }
    }
    return samples.row() + " " + bytes;
  }

  private void report(String what, String prefix, List<String> questions) throws Exception {
    System.out.printf("%-28s %s%n", what, place(prefix, questions));
  }

  /** Creates pods that fit, while somebody asks each of the questions again and again. */
  private String place(String prefix, List<String> questions) throws Exception {
    var going = new AtomicBoolean(true);
    var begun = new long[PLACED];
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = new ArrayList<Future<Integer>>();
      for (var target : questions) {
        asked.add(threads.submit(() -> askWhile(target, going)));
      }
      long[] ended;
      var start = System.nanoTime();
      try {
        var bound = client.follow(SceneObjects.PODS, prefix, SceneObjects.BOUND, PLACED);
        start = System.nanoTime();
        client.create(
            SceneObjects.PODS,
            PLACED,
            n -> {
              begun[n] = System.nanoTime();
              return SceneObjects.pod(prefix + n, "small", "10m", "", List.of());
            });
        ended = bound.await();
      } finally {
        going.set(false);
      }
      var waits = new Samples("");
      for (var n = 0; n < PLACED; n++) {
        waits.add(ended[n] - begun[n]);
      }
      var answers = 0;
      for (var each : asked) {
        answers += each.get();
      }
      return String.format(
          Locale.ROOT,
          "%10.0f %10.1f %10.1f %10d",
          PLACED * 1e9 / (Arrays.stream(ended).max().orElse(start) - start),
          waits.percentile(50),
          waits.percentile(99),
          answers);
    }
  }

  private int askWhile(String target, AtomicBoolean going) throws Exception {
    var count = 0;
    try (var connection = ApiConnection.local(server.socket())) {
      for (; going.get(); count++) {
        connection.call(200, "GET", target, NOTHING);
      }
    }
    return count;
  }
}
