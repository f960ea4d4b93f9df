package dev.berth.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Durability;
import dev.berth.core.storage.Transaction.Step;
import dev.berth.core.storage.Watch;
import dev.berth.store.StoreConfig.Watches;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does the same at random to the store and to the in-memory one, and compares all that can be seen.
 * A failure names its seed: {@code -Dberth.seed=N} runs that one history again.
 */
class RandomHistoryTest {
  private static final List<ObjectKey> KEYS = keys();

  @TempDir Path temp;

  private static List<ObjectKey> keys() {
    var keys = new ArrayList<ObjectKey>();
    for (var resource : List.of("pods", "pods.x", "nodes")) {
      for (var namespace : List.of("", "a", "a-b")) {
        for (var name : List.of("n", "n-1", "n.2")) {
          keys.add(new ObjectKey(resource, namespace, name));
        }
      }
    }
    return keys;
  }

  @Test
  void theStoreDoesWhatTheModelDoes() throws Exception {
    run(6, 300);
  }

  @Test
  @Tag("long")
  void theStoreDoesWhatTheModelDoesForLong() throws Exception {
    run(200, 1_000);
  }

  private void run(int histories, int steps) throws Exception {
    var given = Long.getLong("berth.seed");
    var seeds = new SplittableRandom();
    for (var i = 0; i < histories; i++) {
      var seed = given == null ? seeds.nextLong() : given;
      try (var history = new History(seed, temp.resolve("store-" + i))) {
        history.run(steps);
      } catch (Exception | AssertionError e) {
        throw new AssertionError("history with -Dberth.seed=" + seed + " failed", e);
      }
    }
  }

  /** A store, its model, and watches of both. */
  private static final class History implements AutoCloseable {
    private final SplittableRandom random;
    private final Path directory;
    private final StoreFixture fixture = new StoreFixture();
    private final InMemoryObjectStore model = new InMemoryObjectStore();
    private final List<Followed> watches = new ArrayList<>();
    private RocksObjectStore store;
    private long compacted;

    History(long seed, Path directory) throws StoreOpenException {
      this.random = new SplittableRandom(seed);
      this.directory = directory;
      // As in the model, and more than is ever left untaken.
      fixture.config =
          StoreFixture.SMALL.withWatches(new Watches(InMemoryObjectStore.WATCH_BUFFER, 1 << 20));
      this.store = fixture.open(directory);
    }

    void run(int steps) throws StoreOpenException {
      for (var i = 0; i < steps; i++) {
        var dice = random.nextInt(100);
        if (dice < 55) {
          commit(random.nextInt(1, 8));
        } else if (dice < 75) {
          read();
        } else if (dice < 85) {
          watch();
        } else if (dice < 95) {
          follow();
        } else if (dice < 98) {
          compact();
        } else {
          reopen();
        }
      }
      follow();
      assertThat(store.verify()).isEmpty();
    }

    private void commit(int count) {
      var transactions = new ArrayList<Transaction>();
      var answers = new ArrayList<CompletableFuture<Commit>>();
      for (var i = 0; i < count; i++) {
        transactions.add(transaction());
      }
      transactions.forEach(transaction -> answers.add(store.commit(transaction)));
      for (var i = 0; i < count; i++) {
        assertThat(outcome(answers.get(i))).isEqualTo(outcome(model.commit(transactions.get(i))));
      }
      assertThat(store.revision()).isEqualTo(model.revision());
    }

    private Transaction transaction() {
      var steps = new ArrayList<Step>();
      var keys = new ArrayList<>(KEYS);
      for (var i = random.nextInt(5); i >= 0; i--) {
        var key = keys.remove(random.nextInt(keys.size()));
        var document = new byte[random.nextInt(50)];
        random.nextBytes(document);
        steps.add(
            switch (random.nextInt(4)) {
              case 0 -> new Transaction.Delete(key, expectation(key));
              case 1 -> new Transaction.Check(key, expectation(key));
              default -> new Transaction.Put(key, expectation(key), document);
            });
      }
      var relaxed = random.nextInt(4) == 0;
      return new Transaction(steps, relaxed ? Durability.RELAXED : Durability.SYNCED);
    }

    /** One that mostly holds. */
    private Expectation expectation(ObjectKey key) {
      var there = model.get(key);
      return switch (random.nextInt(8)) {
        case 0 -> Expectation.at(random.nextInt(1, (int) model.revision() + 2));
        case 1 -> random.nextBoolean() ? Expectation.present() : Expectation.absent();
        case 2, 3 ->
            there.map(object -> Expectation.at(object.revision())).orElseGet(Expectation::absent);
        default -> Expectation.anything();
      };
    }

    private static String outcome(CompletableFuture<Commit> answer) {
      try {
        var commit = answer.join();
        return Arrays.toString(commit.revisions()) + " at " + commit.revision();
      } catch (CompletionException e) {
        return String.valueOf(e.getCause());
      }
    }

    private void read() {
      var key = KEYS.get(random.nextInt(KEYS.size()));
      assertThat(store.get(key).map(History::show)).isEqualTo(model.get(key).map(History::show));
      var scope = scope();
      var revision =
          random.nextInt(3) == 0
              ? 0
              : random.nextLong(Math.max(1, compacted - 3), model.revision() + 3);
      same(some -> some.count(scope, revision));
      var limit = random.nextInt(5);
      var after = (ObjectKey) null;
      do {
        var from = after;
        var page = same(some -> show(some.list(scope, revision, from, limit)));
        after = page == null ? null : page.next();
      } while (after != null);
    }

    /** Asks both; null when both refuse alike. */
    private <T> @Nullable T same(Function<ObjectStore, T> question) {
      var expected = answer(question, model);
      var actual = answer(question, store);
      assertThat(actual).isEqualTo(expected);
      return actual.value();
    }

    private record Answer<T>(@Nullable T value, @Nullable String refusal) {}

    private static <T> Answer<T> answer(Function<ObjectStore, T> question, ObjectStore store) {
      try {
        return new Answer<>(question.apply(store), null);
      } catch (StoreException e) {
        return new Answer<>(null, e.toString());
      }
    }

    private Scope scope() {
      var key = KEYS.get(random.nextInt(KEYS.size()));
      return switch (random.nextInt(4)) {
        case 0 -> Scope.everything();
        case 1 -> Scope.of(key.resource());
        case 2 -> Scope.of(key.resource(), key.namespace());
        default -> Scope.of(key);
      };
    }

    private void watch() {
      if (watches.size() > 5) {
        watches.removeFirst().close();
      }
      var scope = scope();
      var revision = random.nextLong(compacted, model.revision() + 1);
      watches.add(new Followed(store.watch(scope, revision), model.watch(scope, revision)));
    }

    private void follow() {
      watches.forEach(watch -> watch.compare(model.revision(), random.nextInt(1, 9)));
    }

    private void compact() {
      follow();
      compacted = random.nextLong(compacted, model.revision() + 1);
      store.compact(compacted);
      model.compact(compacted);
      assertThat(store.verify()).isEmpty();
    }

    private void reopen() throws StoreOpenException {
      watches.forEach(Followed::close);
      watches.clear();
      store.close();
      fixture.assertSound(directory);
      store = fixture.open(directory);
    }

    private record Page(List<String> objects, long revision, @Nullable ObjectKey next) {}

    private static Page show(Listing listing) {
      var objects = listing.objects().stream().map(History::show).toList();
      return new Page(objects, listing.revision(), listing.next());
    }

    private static String show(@Nullable StoredObject object) {
      return object == null
          ? "nothing"
          : object.key()
              + "@"
              + object.revision()
              + "="
              + HexFormat.of().formatHex(object.document());
    }

    private static String show(Change change) {
      return change.key()
          + " at "
          + change.revision()
          + ": "
          + show(change.before())
          + " -> "
          + show(change.after());
    }

    @Override
    public void close() throws StoreOpenException {
      watches.forEach(Followed::close);
      store.close();
      fixture.assertSound(directory);
    }
  }

  /** The same watch of both stores. */
  private record Followed(Watch actual, Watch expected) {

    /** Takes all there is, in small bites. */
    void compare(long newest, int bite) {
      assertThat(takeThrough(actual, newest, bite)).isEqualTo(takeThrough(expected, newest, bite));
    }

    private static List<String> takeThrough(Watch watch, long newest, int bite) {
      var taken = new ArrayList<String>();
      if (!take(watch, newest, bite, taken)) {
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> take(watch, newest, bite, taken));
      }
      return taken;
    }

    /** Takes what is there; true when everything up to {@code newest} was taken. */
    private static boolean take(Watch watch, long newest, int bite, List<String> taken) {
      while (true) {
        switch (watch.take(bite)) {
          case Watch.Changes(var changes, var progress) -> {
            changes.forEach(change -> taken.add(History.show(change)));
            if (progress == newest || changes.isEmpty()) {
              return progress == newest;
            }
          }
          case Watch.Ended(var why) -> fail("the watch has ended", why);
        }
      }
    }

    void close() {
      actual.close();
      expected.close();
    }
  }
}
