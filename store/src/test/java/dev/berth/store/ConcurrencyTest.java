package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static dev.berth.store.StoreFixture.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Put;
import dev.berth.core.storage.Watch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many virtual threads write, read, watch and compact at once. */
class ConcurrencyTest {
  private static final int WRITERS = 64;
  private static final int ROUNDS = 30;
  private static final int COUNTERS = 8;
  private static final ObjectKey DONE = new ObjectKey("nodes", "", "done");

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void nothingIsLostTornOrToldTwice() throws Exception {
    try (var store = fixture.open(temp);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < COUNTERS; i++) {
        store.commit(Transaction.of(put(pod("counter-" + i), "0"))).join();
      }
      var others = new ArrayList<Future<?>>();
      others.add(threads.submit(() -> readPairs(store)));
      others.add(threads.submit(() -> readPairs(store)));
      others.add(threads.submit(() -> compactBehind(store)));
      var watchers = new ArrayList<Future<Map<ObjectKey, StoredObject>>>();
      for (var scope : List.of(Scope.everything(), Scope.of("pods"), Scope.of("pods", "default"))) {
        watchers.add(threads.submit(() -> follow(store, scope)));
      }
      runAll(threads, store);
      store.commit(Transaction.of(put(DONE, ""))).join();

      for (var other : others) {
        other.get();
      }
      assertCounts(store);
      for (var watcher : watchers) {
        assertThat(show(watcher.get())).isEqualTo(show(listed(store)));
      }
      assertThat(store.verify()).isEmpty();
    }
    fixture.assertSound(temp);
  }

  private static void runAll(ExecutorService threads, RocksObjectStore store) throws Exception {
    var writers = new ArrayList<Callable<Void>>();
    for (var w = 0; w < WRITERS; w++) {
      var writer = w;
      writers.add(
          () -> {
            for (var round = 0; round < ROUNDS; round++) {
              increment(store, pod("counter-" + (writer + round) % COUNTERS));
              writePair(store, writer, round);
            }
            return null;
          });
    }
    for (var writer : threads.invokeAll(writers)) {
      writer.get();
    }
  }

  /** Read, add one, and write if nobody else did. */
  private static void increment(RocksObjectStore store, ObjectKey key) {
    while (true) {
      var found = store.get(key).orElseThrow();
      var next = Integer.parseInt(text(found.document())) + 1;
      var put = new Put(key, Expectation.at(found.revision()), ("" + next).getBytes(UTF_8));
      try {
        store.commit(Transaction.of(put)).join();
        // One's own write is read.
        var after = store.get(key).orElseThrow();
        assertThat(after.revision()).isGreaterThan(found.revision());
        return;
      } catch (CompletionException e) {
        assertThat(e).hasCauseInstanceOf(StoreException.Conflict.class);
      }
    }
  }

  /** Two objects that are only ever written together; every third time they are removed. */
  private static void writePair(RocksObjectStore store, int writer, int round) {
    var left = pod("left-" + writer);
    var right = pod("right-" + writer);
    var transaction =
        round % 3 == 2
            ? Transaction.of(
                new Transaction.Delete(left, Expectation.present()),
                new Transaction.Delete(right, Expectation.present()))
            : Transaction.of(put(left, "" + round), put(right, "" + round));
    store.commit(transaction).join();
  }

  private static Void readPairs(RocksObjectStore store) {
    while (store.get(DONE).isEmpty()) {
      var listing = store.list(Scope.of("pods"), 0, null, 0);
      assertPairs(listing.objects());
      try {
        // The same once more, in pages.
        var paged = new ArrayList<StoredObject>();
        ObjectKey after = null;
        do {
          var page = store.list(Scope.of("pods"), listing.revision(), after, 10);
          paged.addAll(page.objects());
          after = page.next();
        } while (after != null);
        assertThat(show(paged)).isEqualTo(show(listing.objects()));
      } catch (StoreException.Compacted e) {
        assertThat(e.oldest()).isGreaterThan(listing.revision());
      }
    }
    return null;
  }

  private static void assertPairs(List<StoredObject> objects) {
    var lefts = new HashMap<String, String>();
    var rights = new HashMap<String, String>();
    for (var object : objects) {
      var name = object.key().name();
      if (name.startsWith("left-")) {
        lefts.put(name.substring(5), text(object.document()));
      } else if (name.startsWith("right-")) {
        rights.put(name.substring(6), text(object.document()));
      }
    }
    assertThat(lefts).isEqualTo(rights);
  }

  private static Void compactBehind(RocksObjectStore store) {
    while (store.get(DONE).isEmpty()) {
      store.compact(store.revision() - 40);
      assertThat(store.verify()).isEmpty();
    }
    return null;
  }

  /** Builds the objects from what a watch tells, starting anew from a list when it must. */
  private static Map<ObjectKey, StoredObject> follow(RocksObjectStore store, Scope scope)
      throws InterruptedException {
    while (true) {
      var objects = new HashMap<ObjectKey, StoredObject>();
      var listing = store.list(scope, 0, null, 0);
      listing.objects().forEach(object -> objects.put(object.key(), object));
      try (var watch = store.watch(scope, listing.revision())) {
        if (followToEnd(store, watch, objects, listing.revision())) {
          objects.remove(DONE);
          return objects;
        }
      } catch (StoreException.Compacted e) {
        assertThat(e.oldest()).isGreaterThan(listing.revision());
      }
    }
  }

  /** False when the watch has ended before. */
  private static boolean followToEnd(
      RocksObjectStore store, Watch watch, Map<ObjectKey, StoredObject> objects, long from)
      throws InterruptedException {
    var ready = new Semaphore(0);
    watch.onReady(ready::release);
    var last = from;
    while (true) {
      switch (watch.take(7)) {
        case Watch.Changes(var changes, var progress) -> {
          for (var change : changes) {
            assertThat(change.revision()).isGreaterThan(last);
            last = change.revision();
            apply(change, objects);
          }
          var done = store.get(DONE);
          if (done.isPresent() && progress >= done.get().revision()) {
            return true;
          }
          if (changes.isEmpty()) {
            ready.tryAcquire(10, TimeUnit.MILLISECONDS);
          }
        }
        case Watch.Ended(var why) -> {
          assertThat(why)
              .isInstanceOfAny(StoreException.TooSlow.class, StoreException.Compacted.class);
          return false;
        }
      }
    }
  }

  private static void apply(Change change, Map<ObjectKey, StoredObject> objects) {
    var known = objects.get(change.key());
    var before = change.before();
    assertThat(known == null ? 0 : known.revision())
        .as("%s", change)
        .isEqualTo(before == null ? 0 : before.revision());
    var after = change.after();
    if (after == null) {
      objects.remove(change.key());
    } else {
      objects.put(change.key(), after);
    }
  }

  private static void assertCounts(RocksObjectStore store) {
    var sum = 0;
    for (var i = 0; i < COUNTERS; i++) {
      sum += Integer.parseInt(text(store.get(pod("counter-" + i)).orElseThrow().document()));
    }
    assertThat(sum).isEqualTo(WRITERS * ROUNDS);
  }

  private static Map<ObjectKey, StoredObject> listed(RocksObjectStore store) {
    var objects = new HashMap<ObjectKey, StoredObject>();
    store
        .list(Scope.of("pods"), 0, null, 0)
        .objects()
        .forEach(object -> objects.put(object.key(), object));
    return objects;
  }

  private static List<String> show(Map<ObjectKey, StoredObject> objects) {
    return show(objects.values().stream().sorted((a, b) -> a.key().compareTo(b.key())).toList());
  }

  private static List<String> show(List<StoredObject> objects) {
    return objects.stream()
        .map(object -> object.key() + "@" + object.revision() + "=" + text(object.document()))
        .toList();
  }
}
