package dev.berth.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.observe.Meters;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import dev.berth.store.RocksObjectStore;
import dev.berth.store.StoreConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Commits per second of the store: each commit creates an object of about 1.5 KB, durably. Beside
 * it, in turns in the same run, a bare committer with the same batching and bytes ({@link
 * BareCommitter}).
 *
 * <p>Arguments: the seconds of each round (default 3), the rounds (default 3), and a directory on
 * the disk to measure (default: the temporary directory).
 */
public final class StoreBench {
  private static final int DOCUMENT_BYTES = 1_500;
  private static final int[] WRITERS = {1, 16, 64, 256};

  /** Creates one object and returns when it is durable. */
  private interface Creator {
    void create(String name, byte[] document) throws Exception;
  }

  /** Opens what is measured in a new directory. */
  private interface Subject {
    Round measure(Path directory, int writers, int seconds) throws Exception;
  }

  private record Round(double perSecond, long p50Micros, long p99Micros) {}

  private StoreBench() {}

  public static void main(String[] arguments) throws Exception {
    var seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    var rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    var place =
        arguments.length > 2
            ? Path.of(arguments[2])
            : Path.of(System.getProperty("java.io.tmpdir"));
    run(System.out, place, seconds, rounds);
  }

  static void run(PrintStream out, Path place, int seconds, int rounds) throws Exception {
    out.println("store: durable creates of " + DOCUMENT_BYTES + " bytes, median of " + rounds);
    out.println(machine(place));
    // Until both are compiled, the first one measured would only be the slower one.
    measure(place, StoreBench::store, 64, seconds);
    measure(place, StoreBench::bare, 64, seconds);
    out.printf(
        "%8s %12s %10s %10s %12s %10s %10s %7s%n",
        "writers", "store/s", "p50 us", "p99 us", "bare/s", "p50 us", "p99 us", "ratio");
    for (var writers : WRITERS) {
      var stores = new Round[rounds];
      var bares = new Round[rounds];
      for (var i = 0; i < rounds; i++) {
        stores[i] = measure(place, StoreBench::store, writers, seconds);
        bares[i] = measure(place, StoreBench::bare, writers, seconds);
      }
      var store = median(stores);
      var bare = median(bares);
      out.printf(
          "%8d %12.0f %10d %10d %12.0f %10d %10d %6.0f%%%n",
          writers,
          store.perSecond(),
          store.p50Micros(),
          store.p99Micros(),
          bare.perSecond(),
          bare.p50Micros(),
          bare.p99Micros(),
          100 * store.perSecond() / bare.perSecond());
    }
  }

  private static Round median(Round[] rounds) {
    var sorted = rounds.clone();
    Arrays.sort(sorted, Comparator.comparingDouble(Round::perSecond));
    return sorted[sorted.length / 2];
  }

  private static String machine(Path place) throws IOException {
    return "machine: %d cores, %s %s, %s %s, %s on %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("java.vm.name"),
            Runtime.version(),
            Files.getFileStore(place).type(),
            Files.getFileStore(place).name());
  }

  private static Round measure(Path place, Subject subject, int writers, int seconds)
      throws Exception {
    var directory = Files.createTempDirectory(place, "berth-bench-store-");
    try {
      return subject.measure(directory, writers, seconds);
    } finally {
      delete(directory);
    }
  }

  private static Round store(Path directory, int writers, int seconds) throws Exception {
    try (var store =
        RocksObjectStore.open(
            directory,
            StoreConfig.defaults(),
            Meters.none(),
            broken -> {
              throw broken;
            })) {
      return write(
          (name, document) -> {
            var key = new ObjectKey("persistentvolumeclaims", "default", name);
            var put = new Transaction.Put(key, Expectation.absent(), document);
            store.commit(Transaction.of(put)).join();
          },
          writers,
          seconds);
    }
  }

  private static Round bare(Path directory, int writers, int seconds) throws Exception {
    try (var committer = new BareCommitter(directory)) {
      return write(
          (name, document) -> {
            var key = ("persistentvolumeclaims\0default\0" + name + "\0").getBytes(UTF_8);
            committer.commit(key, document).join();
          },
          writers,
          seconds);
    }
  }

  private static Round write(Creator creator, int writers, int seconds) throws Exception {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    var latencies = new long[writers][];
    var done = new AtomicLong();
    var start = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var w = 0; w < writers; w++) {
        var writer = w;
        threads.submit(
            () -> {
              latencies[writer] = writeUntil(creator, writer, end);
              done.addAndGet(latencies[writer].length);
              return null;
            });
      }
    }
    var elapsed = System.nanoTime() - start;
    var all = Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
    return new Round(
        done.get() * 1e9 / elapsed,
        all[all.length / 2] / 1_000,
        all[(int) (all.length * 0.99)] / 1_000);
  }

  private static long[] writeUntil(Creator creator, int writer, long end) throws Exception {
    var random = new SplittableRandom(writer);
    var nanos = new long[1024];
    var count = 0;
    for (var now = System.nanoTime(); now < end; ) {
      creator.create("claim-" + writer + "-" + count, document(random));
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

  /** About as compressible as objects are. */
  private static byte[] document(SplittableRandom random) {
    var document = new byte[DOCUMENT_BYTES];
    var words =
        "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\""
            .getBytes(UTF_8);
    for (var i = 0; i < document.length; i++) {
      document[i] = i % 3 == 0 ? (byte) ('a' + random.nextInt(26)) : words[i % words.length];
    }
    return document;
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
