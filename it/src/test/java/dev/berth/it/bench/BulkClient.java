package dev.berth.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.ManyClients;
import dev.berth.it.harness.UnixConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * A client of many objects: it creates them over sixteen connections, one after the other on each,
 * and follows what becomes of them by a watch. It runs on the same processors as the server.
 */
final class BulkClient {
  private static final int GIVE_UP_SECONDS = 600;
  private static final int LAST_WORDS = 2_000;

  /** The kernel counts a process's processor time in hundredths of a second. */
  private static final long TICK_MICROS = 10_000;

  private final BerthProcess server;

  BulkClient(BerthProcess server) {
    this.server = server;
  }

  void create(String target, int count, IntFunction<String> body) throws InterruptedException {
    each(count, (connection, number) -> post(connection, target, body.apply(number)));
  }

  static void post(ApiConnection connection, String target, String body) throws IOException {
    connection.call(201, "POST", target, body.getBytes(UTF_8));
  }

  /** Does something for each number, sixteen at a time. */
  void each(int count, ManyClients.Task<ApiConnection> task) throws InterruptedException {
    try {
      ManyClients.each(count, () -> ApiConnection.local(server.socket()), task);
    } catch (ExecutionException e) {
      throw new IllegalStateException(lastWords(), e.getCause());
    }
  }

  /** When each of many objects first said something. */
  final class Following {
    private final long[] nanos;
    private final CountDownLatch left;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CompletableFuture<Void> watching;

    private Following(String target, String prefix, String saying, int count) {
      nanos = new long[count];
      left = new CountDownLatch(count);
      watching =
          CompletableFuture.runAsync(
              () -> watch(target, "\"name\":\"" + prefix, saying), Thread::startVirtualThread);
    }

    private void watch(String target, String name, String saying) {
      try (var connection = new UnixConnection(server.socket())) {
        connection.follow(
            target + "?watch=true&sendInitialEvents=false&allowWatchBookmarks=true",
            line -> {
              begun.countDown();
              var at = line.indexOf(name);
              if (at >= 0 && line.contains(saying)) {
                var from = at + name.length();
                var number = Integer.parseInt(line.substring(from, line.indexOf('"', from)));
                if (nanos[number] == 0) {
                  nanos[number] = System.nanoTime();
                  left.countDown();
                }
              }
              return left.getCount() == 0;
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Waits for all; when each of them said it. */
    long[] await() throws InterruptedException {
      for (var seconds = 0; !left.await(1, TimeUnit.SECONDS); seconds++) {
        if (seconds > GIVE_UP_SECONDS || watching.isDone()) {
          throw new IllegalStateException(left.getCount() + " are missing\n" + lastWords());
        }
      }
      return nanos;
    }
  }

  /** Follows the objects whose names are a prefix and a number; it has begun when this returns. */
  Following follow(String target, String prefix, String saying, int count)
      throws InterruptedException {
    var following = new Following(target, prefix, saying, count);
    // The first bookmark, or an object that is there already, tells that it follows.
    if (!following.begun.await(5, TimeUnit.SECONDS) && following.watching.isDone()) {
      throw new IllegalStateException("no watch of " + target + "\n" + lastWords());
    }
    return following;
  }

  /** Processor time that the server has taken since its start. */
  long serverMicros() throws IOException {
    var ticks = Machine.ticks(Long.toString(server.pid()));
    return (ticks[0] + ticks[1]) * TICK_MICROS;
  }

  long residentMebibytes() throws IOException {
    var status = Files.readAllLines(Path.of("/proc", Long.toString(server.pid()), "status"));
    return status.stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
        .findFirst()
        .orElse(0);
  }

  private String lastWords() {
    var log = server.log();
    return "the server says: " + log.substring(Math.max(0, log.length() - LAST_WORDS));
  }
}
