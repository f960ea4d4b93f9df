package dev.berth.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.it.harness.BerthProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Creates of claims per second over the API of the packaged server with all its roles, each durable
 * before it is answered, over the unix socket and over TLS; beside them, in turns in the same run,
 * the floor: the same bytes written by a bare committer with the same batching ({@link
 * BareCommitter}). Then gets, lists and watches. The client is a process of its own on the same
 * machine: its work counts against the server, so the processor time that the server itself took
 * for a request is told, too, which other work on the machine disturbs less.
 *
 * <p>Arguments: the seconds of each round (default 3), the rounds (default 3). Needs {@code
 * berth.distribution}.
 */
public final class ApiBench {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final int[] CONNECTIONS = {1, 16, 64};
  private static final int LISTED = 5_000;
  private static final int WATCHERS = 100;
  private static final int WATCHED = 1_000;
  private static final byte[] NOTHING = {};

  /** The kernel counts a process's processor time in hundredths of a second. */
  private static final long TICK_MICROS = 10_000;

  private final PrintStream out;
  private final BerthProcess server;
  private final int seconds;
  private final int rounds;
  private final Door local;
  private final Door encrypted;
  private int used;

  /** Opens connections of one kind. */
  private interface Door {
    ApiConnection open() throws IOException;
  }

  /** One request. */
  private interface Step {
    void run(int count) throws Exception;
  }

  private record Round(double perSecond, long p50Micros, long p99Micros, long cpuMicros) {}

  private ApiBench(PrintStream out, BerthProcess server, int seconds, int rounds)
      throws IOException, GeneralSecurityException {
    this.out = out;
    this.server = server;
    this.seconds = seconds;
    this.rounds = rounds;
    var token = Files.readString(server.dataDir().resolve("pki/admin.token")).strip();
    var factory = trustingEverybody();
    local = () -> ApiConnection.local(server.socket());
    encrypted = () -> ApiConnection.encrypted(factory, server.port(), token);
  }

  public static void main(String[] arguments) throws Exception {
    var seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    var rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    System.out.println(Machine.describe());
    try (var server = BerthProcess.start()) {
      new ApiBench(System.out, server, seconds, rounds).run();
    }
  }

  private void run() throws Exception {
    try (var connection = local.open()) {
      connection.call(201, "POST", CLAIMS, claim("read"));
      var document = stored(connection.call(200, "GET", CLAIMS + "/read", NOTHING));
      // Until all are compiled, the first one measured would only be the slower one.
      creates(local, 16);
      creates(encrypted, 16);
      floor(document, 16);
      out.printf(
          "creates of claims of %d bytes, stored as %d; median of %d rounds of %d s%n",
          claim("read").length, document.length, rounds, seconds);
      out.printf(
          "%-10s %12s %10s %10s %10s %10s%n",
          "over", "connections", "per s", "p50 us", "p99 us", "cpu us");
      for (var connections : CONNECTIONS) {
        createsBesideTheFloor(document, connections);
      }
      print("unix get", 1, gets(local));
      print("tls get", 1, gets(encrypted));
    }
    lists(out, local);
    watches(out, local);
  }

  private void createsBesideTheFloor(byte[] document, int connections) throws Exception {
    var unix = new Round[rounds];
    var tls = new Round[rounds];
    var floor = new Round[rounds];
    for (var i = 0; i < rounds; i++) {
      unix[i] = creates(local, connections);
      tls[i] = creates(encrypted, connections);
      floor[i] = floor(document, connections);
    }
    print("unix", connections, median(unix));
    print("tls", connections, median(tls));
    print("floor", connections, median(floor));
  }

  private static Round median(Round[] rounds) {
    var sorted = rounds.clone();
    Arrays.sort(sorted, Comparator.comparingDouble(Round::perSecond));
    return sorted[sorted.length / 2];
  }

  private void print(String over, int connections, Round round) {
    out.printf(
        "%-10s %12d %10.0f %10d %10d %10s%n",
        over,
        connections,
        round.perSecond(),
        round.p50Micros(),
        round.p99Micros(),
        round.cpuMicros() == 0 ? "-" : Long.toString(round.cpuMicros()));
  }

  private static byte[] claim(String name) {
    return """
        {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"%s",
        "labels":{"app":"bench","tier":"database"},"annotations":{"note":"%s"}},
        "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"none",
        "resources":{"requests":{"storage":"5Gi"}}}}"""
        .formatted(name, "x".repeat(200))
        .getBytes(UTF_8);
  }

  /** As many bytes as the server stores for a claim, and about as compressible. */
  private static byte[] stored(int length) {
    var claim = claim("read");
    var document = new byte[length];
    for (var i = 0; i < length; i++) {
      document[i] = claim[i % claim.length];
    }
    return document;
  }

  private Round creates(Door door, int connections) throws Exception {
    var prefix = "round-" + used++;
    var clients = new ArrayList<Callable<long[]>>();
    for (var c = 0; c < connections; c++) {
      var name = "%s-%d-".formatted(prefix, c);
      clients.add(
          () -> {
            try (var connection = door.open()) {
              return until(count -> connection.call(201, "POST", CLAIMS, claim(name + count)));
            }
          });
    }
    return onServer(clients);
  }

  private Round gets(Door door) throws Exception {
    return onServer(
        List.of(
            () -> {
              try (var connection = door.open()) {
                return until(_ -> connection.call(200, "GET", CLAIMS + "/read", NOTHING));
              }
            }));
  }

  private Round floor(byte[] document, int writers) throws Exception {
    var directory = Files.createTempDirectory(server.dir(), "floor-");
    try (var committer = new BareCommitter(directory)) {
      var clients = new ArrayList<Callable<long[]>>();
      for (var w = 0; w < writers; w++) {
        var prefix = "persistentvolumeclaims\0default\0floor-" + w + "-";
        clients.add(
            () ->
                until(
                    count ->
                        committer
                            .commit((prefix + count + "\0").getBytes(UTF_8), document.clone())
                            .join()));
      }
      return all(clients);
    }
  }

  /** As {@link #all}, with the processor time that the server took. */
  private Round onServer(List<Callable<long[]>> clients) throws Exception {
    var before = serverMicros();
    var start = System.nanoTime();
    var round = all(clients);
    var done = round.perSecond() * (System.nanoTime() - start) / 1e9;
    var cpu = Math.round((serverMicros() - before) / done);
    return new Round(round.perSecond(), round.p50Micros(), round.p99Micros(), cpu);
  }

  private long serverMicros() throws IOException {
    var stat = Files.readString(Path.of("/proc", Long.toString(server.pid()), "stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MICROS;
  }

  private long[] until(Step step) throws Exception {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    var nanos = new long[1024];
    var count = 0;
    for (var now = System.nanoTime(); now < end; ) {
      step.run(count);
      var after = System.nanoTime();
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count] = after - now;
      count++;
      now = after;
    }
    return Arrays.copyOf(nanos, count);
  }

  private static Round all(List<Callable<long[]>> clients) throws Exception {
    var start = System.nanoTime();
    var latencies = new ArrayList<long[]>();
    try (var threads = Executors.newFixedThreadPool(clients.size())) {
      for (var done : threads.invokeAll(clients)) {
        latencies.add(done.get());
      }
    }
    var elapsed = System.nanoTime() - start;
    var sorted = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return new Round(
        sorted.length * 1e9 / elapsed,
        sorted[sorted.length / 2] / 1_000,
        sorted[(int) (sorted.length * 0.99)] / 1_000,
        0);
  }

  private static void lists(PrintStream out, Door door) throws Exception {
    try (var connection = door.open()) {
      connection.call(
          201,
          "POST",
          "/api/v1/namespaces",
          "{\"metadata\":{\"name\":\"listed\"}}".getBytes(UTF_8));
      var claims = "/api/v1/namespaces/listed/persistentvolumeclaims";
      for (var i = 0; i < LISTED; i++) {
        connection.call(201, "POST", claims, claim("listed-" + i));
      }
      var best = Long.MAX_VALUE;
      var bytes = 0;
      for (var i = 0; i < 10; i++) {
        var start = System.nanoTime();
        bytes = connection.call(200, "GET", claims, NOTHING);
        best = Math.min(best, System.nanoTime() - start);
      }
      out.printf(
          "list of %d claims (%d KB): %.1f ms, best of 10%n", LISTED, bytes >> 10, best / 1e6);
    }
  }

  private static void watches(PrintStream out, Door door) throws Exception {
    var namespace = "{\"metadata\":{\"name\":\"watched\"}}".getBytes(UTF_8);
    var claims = "/api/v1/namespaces/watched/persistentvolumeclaims";
    var watchers = new ArrayList<Callable<Void>>();
    var open = new ArrayList<ApiConnection>();
    try (var connection = door.open()) {
      connection.call(201, "POST", "/api/v1/namespaces", namespace);
      for (var i = 0; i < WATCHERS; i++) {
        var watcher = door.open();
        open.add(watcher);
        watcher.send("GET", claims + "?watch=1", NOTHING);
        watcher.head(200);
        watchers.add(
            () -> {
              watcher.lines(WATCHED);
              return null;
            });
      }
      watchers.add(
          () -> {
            for (var i = 0; i < WATCHED; i++) {
              connection.call(201, "POST", claims, claim("watched-" + i));
            }
            return null;
          });
      var start = System.nanoTime();
      try (var threads = Executors.newFixedThreadPool(watchers.size())) {
        for (var done : threads.invokeAll(watchers)) {
          done.get();
        }
      }
      out.printf(
          "%d watchers x %d creates on one connection: %.2f s, none dropped%n",
          WATCHERS, WATCHED, (System.nanoTime() - start) / 1e9);
    } finally {
      for (var watcher : open) {
        watcher.close();
      }
    }
  }

  private static SSLSocketFactory trustingEverybody() throws GeneralSecurityException {
    var trusting =
        new X509TrustManager() {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {}

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trusting}, new SecureRandom());
    return context.getSocketFactory();
  }
}
