package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static dev.berth.store.StoreFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Durability;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Writers whose work shows what was lost. Each counts: its transaction number N of run R writes
 * {@code R.N} into two objects, makes an object for N and removes the one for N - 5; beside them it
 * renews a relaxed object. So the two objects must always say the same, at least what was
 * acknowledged, and the last five objects must be there.
 */
final class PairWriters {
  private static final int KEPT = 5;
  private static final String PADDING = "x".repeat(700);

  /** Told when a transaction was acknowledged as durable. */
  interface Acknowledged {
    void acknowledged(int writer, int number);
  }

  /** The newest number of each writer that was acknowledged. */
  static final class Newest implements Acknowledged {
    private final AtomicIntegerArray numbers;

    Newest(int writers) {
      numbers = new AtomicIntegerArray(writers);
    }

    @Override
    public void acknowledged(int writer, int number) {
      numbers.accumulateAndGet(writer, number, Math::max);
    }

    /** As of now. */
    int[] numbers() {
      var copy = new int[numbers.length()];
      for (var i = 0; i < copy.length; i++) {
        copy[i] = numbers.get(i);
      }
      return copy;
    }

    int total() {
      var total = 0;
      for (var number : numbers()) {
        total += number;
      }
      return total;
    }
  }

  private PairWriters() {}

  /** Each writer writes until the store fails. */
  static void start(RocksObjectStore store, int writers, int run, Acknowledged acknowledged) {
    for (var w = 0; w < writers; w++) {
      var writer = w;
      Thread.ofVirtual()
          .name("writer-" + writer)
          .start(
              () -> {
                try {
                  write(store, writer, run, acknowledged);
                } catch (CompletionException e) {
                  // The store was closed, or its disk is full.
                }
              });
    }
  }

  private static void write(
      RocksObjectStore store, int writer, int run, Acknowledged acknowledged) {
    for (var number = 1; ; number++) {
      var value = run + "." + number + " " + PADDING;
      store
          .commit(
              Transaction.of(
                  put(key("left", writer, ""), value),
                  put(key("one", writer, run + "-" + number), value),
                  new Transaction.Delete(
                      key("one", writer, run + "-" + (number - KEPT)), Expectation.anything()),
                  put(key("right", writer, ""), value)))
          .join();
      acknowledged.acknowledged(writer, number);
      if (number % 3 == 0) {
        var lease = put(key("lease", writer, ""), value);
        store.commit(new Transaction(List.of(lease), Durability.RELAXED)).join();
      }
    }
  }

  private static ObjectKey key(String kind, int writer, String suffix) {
    return pod(kind + "-" + writer + "-" + suffix);
  }

  /** Checks a store that was opened again after a run had ended with these acknowledgements. */
  static void assertKept(RocksObjectStore store, int run, int[] acknowledged) {
    // One more may have become durable without anybody being told.
    assertKept(store, run, acknowledged, 1);
  }

  /** Checks a store as it was at some moment after these acknowledgements. */
  static void assertKeptAtLeast(RocksObjectStore store, int run, int[] acknowledged) {
    assertKept(store, run, acknowledged, Integer.MAX_VALUE);
  }

  private static void assertKept(
      RocksObjectStore store, int run, int[] acknowledged, int mostBeyond) {
    var found = new HashMap<ObjectKey, String>();
    for (var object : store.list(Scope.of("pods"), 0, null, 0).objects()) {
      found.put(object.key(), text(object.document()).split(" ")[0]);
    }
    for (var writer = 0; writer < acknowledged.length; writer++) {
      var number = assertWhole(found, run, writer, acknowledged[writer] > 0);
      assertThat(number).as("writer %s", writer).isGreaterThanOrEqualTo(acknowledged[writer]);
      if (acknowledged[writer] > 0) {
        assertThat(number - acknowledged[writer]).isLessThanOrEqualTo(mostBeyond);
      }
    }
  }

  /** Returns the number of the writer's newest transaction, of which everything must be there. */
  private static int assertWhole(
      Map<ObjectKey, String> found, int run, int writer, boolean mustHaveWritten) {
    var left = found.getOrDefault(key("left", writer, ""), "nothing");
    assertThat(found.getOrDefault(key("right", writer, ""), "nothing"))
        .as("the other half")
        .isEqualTo(left);
    if (!left.startsWith(run + ".")) {
      assertThat(mustHaveWritten).as("writer %s in run %s, found %s", writer, run, left).isFalse();
      return 0;
    }
    var number = Integer.parseInt(left.substring(left.indexOf('.') + 1));
    for (var i = number; i > 0; i--) {
      var one = found.get(key("one", writer, run + "-" + i));
      assertThat(one)
          .as("object %s of %s", i, number)
          .isEqualTo(i > number - KEPT ? run + "." + i : null);
    }
    return number;
  }
}
