package dev.berth.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.UnixConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Claims of an immediate class, created over the API of the packaged server (without nodes) one
 * after the other on sixteen connections, until a watch has told that each is Bound to one of as
 * many volumes: how many in a second, and how long each took. The client and its watch are on the
 * same processors. Beside it the creates alone, of claims that no volume fits.
 *
 * <p>Arguments: the numbers of claims (default 1000 10000).
 */
public final class BindBench {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final int CONNECTIONS = 16;
  private static final int GIVE_UP_SECONDS = 600;

  private final BerthProcess server;
  private final int count;
  private final String prefix;

  private BindBench(BerthProcess server, int count, String prefix) {
    this.server = server;
    this.count = count;
    this.prefix = prefix;
  }

  public static void main(String[] arguments) throws Exception {
    System.out.println(Machine.describe());
    System.out.printf(
        "%10s %10s %10s %10s %14s %10s%n",
        "claims", "bound/s", "p50 ms", "p99 ms", "creates/s", "RSS MiB");
    var counts = arguments.length > 0 ? arguments : new String[] {"1000", "10000"};
    for (var count : counts) {
      try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
        // Until the server's code is compiled, the first claims would only be the slower ones.
        new BindBench(server, 500, "warm-").round();
        System.out.println(new BindBench(server, Integer.parseInt(count), "c-").round());
      }
    }
  }

  private String round() throws Exception {
    createVolumes();
    var begun = new long[count];
    var bound = new long[count];
    var left = new CountDownLatch(count);
    var watching =
        watch(
            CLAIMS,
            "\"phase\":\"Bound\"",
            number -> {
              if (bound[number] == 0) {
                bound[number] = System.nanoTime();
                left.countDown();
              }
              return left.getCount() > 0;
            });
    var start = System.nanoTime();
    create(
        CLAIMS,
        number -> {
          begun[number] = System.nanoTime();
          return claim(prefix + number, "bench");
        });
    if (!left.await(GIVE_UP_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(left.getCount() + " claims are not bound");
    }
    var took = System.nanoTime() - start;
    watching.join();
    var millis = new double[count];
    for (var i = 0; i < count; i++) {
      millis[i] = (bound[i] - begun[i]) / 1e6;
    }
    Arrays.sort(millis);
    var since = System.nanoTime();
    create(CLAIMS, number -> claim("lonely-" + prefix + number, "nothing"));
    var creating = System.nanoTime() - since;
    return String.format(
        Locale.ROOT,
        "%10d %10.0f %10.1f %10.1f %14.0f %10d",
        count,
        count * 1e9 / took,
        millis[count / 2],
        millis[(int) (count * 0.99)],
        count * 1e9 / creating,
        residentMebibytes());
  }

  private void createVolumes() throws Exception {
    var available = new CountDownLatch(count);
    var watching =
        watch(
            VOLUMES,
            "\"phase\":\"Available\"",
            number -> {
              available.countDown();
              return available.getCount() > 0;
            });
    create(VOLUMES, number -> volume(prefix + number));
    if (!available.await(GIVE_UP_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(available.getCount() + " volumes are not Available");
    }
    watching.join();
  }

  private interface Told {
    /** Whether to go on. */
    boolean about(int number);
  }

  /** Follows the objects of this round that say something; begun when it returns. */
  private CompletableFuture<Void> watch(String target, String saying, Told told) throws Exception {
    var begun = new CountDownLatch(1);
    var name = "\"name\":\"" + prefix;
    var watching =
        CompletableFuture.runAsync(
            () -> {
              try (var connection = new UnixConnection(server.socket())) {
                connection.follow(
                    target + "?watch=true&sendInitialEvents=false&allowWatchBookmarks=true",
                    line -> {
                      begun.countDown();
                      var at = line.indexOf(name);
                      if (at < 0 || !line.contains(saying)) {
                        return false;
                      }
                      var from = at + name.length();
                      var number = line.substring(from, line.indexOf('"', from));
                      return !told.about(Integer.parseInt(number));
                    });
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            Thread::startVirtualThread);
    // The first bookmark, or an object that is there already, tells that it follows.
    begun.await(5, TimeUnit.SECONDS);
    return watching;
  }

  private interface Body {
    byte[] of(int number);
  }

  private void create(String target, Body body) throws InterruptedException, ExecutionException {
    var next = new AtomicInteger();
    var clients = new ArrayList<Callable<Void>>();
    for (var i = 0; i < CONNECTIONS; i++) {
      clients.add(
          () -> {
            try (var connection = ApiConnection.local(server.socket())) {
              for (var n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                connection.call(201, "POST", target, body.of(n));
              }
            }
            return null;
          });
    }
    try (var threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      for (Future<Void> done : threads.invokeAll(clients)) {
        done.get();
      }
    }
  }

  private static byte[] volume(String name) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
         "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Retain","storageClassName":"bench",
          "local":{"path":"/dev/disk/by-id/%s","fsType":"ext4"},
          "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
           {"key":"kubernetes.io/hostname","operator":"In","values":["n"]}]}]}}}}
        """
        .formatted(name, name)
        .getBytes(UTF_8);
  }

  private static byte[] claim(String name, String type) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"%s",
          "resources":{"requests":{"storage":"10Gi"}}}}
        """
        .formatted(name, type)
        .getBytes(UTF_8);
  }

  private long residentMebibytes() throws IOException {
    var status = Files.readAllLines(Path.of("/proc", Long.toString(server.pid()), "status"));
    return status.stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
        .findFirst()
        .orElse(0);
  }
}
