package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Watch;
import dev.berth.core.storage.Watch.Changes;
import dev.berth.core.storage.Watch.Ended;
import dev.berth.store.StoreConfig.Watches;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contract does not say of watches: bounds in bytes, history that goes, bad callbacks. */
class WatchHubTest {
  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void historyThatGoesWhileItIsReadEndsTheWatch() throws Exception {
    fixture.config = StoreFixture.SMALL.withWatches(new Watches(8, 1 << 20));
    try (var store = fixture.open(temp);
        var watch = store.watch(Scope.of("pods"), commit(store, "first", 10))) {
      for (var i = 0; i < 100; i++) {
        commit(store, "p", 10);
      }
      // The watch reads no more than it has room for.
      try (var slow = store.watch(Scope.of("pods"), 0)) {
        store.compact(60);
        var taken = new ArrayList<Long>();
        var end = takeToEnd(slow, taken);

        assertThat(end.cause())
            .isInstanceOfSatisfying(
                StoreException.Compacted.class, e -> assertThat(e.oldest()).isBetween(1L, 60L));
        assertContiguous(taken);
        assertThat(taken).hasSizeLessThan(60);
      }
      // This one was live, and too slow.
      assertThat(takeToEnd(watch, new ArrayList<>()).cause())
          .isInstanceOf(StoreException.TooSlow.class);
    }
    fixture.assertSound(temp);
  }

  @Test
  void aSlowTakerReadsAllHistoryAtItsOwnPace() throws Exception {
    fixture.config = StoreFixture.SMALL.withWatches(new Watches(8, 4_000));
    try (var store = fixture.open(temp)) {
      for (var i = 0; i < 200; i++) {
        commit(store, "p" + i, i * 20);
      }
      try (var watch = store.watch(Scope.everything(), 0)) {
        var taken = new ArrayList<Long>();
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(
                () -> {
                  take(watch, taken);
                  return taken.size() == 200;
                });
        assertContiguous(taken);
        commit(store, "live", 10_000);
        assertThat(StoreCopies.awaitProgress(watch, 201)).containsExactly("live");
      }
    }
    fixture.assertSound(temp);
  }

  @Test
  void theBufferIsBoundedInBytes() throws Exception {
    fixture.config = StoreFixture.SMALL.withWatches(new Watches(100, 10_000));
    try (var store = fixture.open(temp);
        var watch = store.watch(Scope.everything(), 0)) {
      // One that is larger than the bound fits alone.
      commit(store, "large", 20_000);
      assertThat(StoreCopies.awaitProgress(watch, 1)).containsExactly("large");
      for (var i = 0; i < 5; i++) {
        commit(store, "p" + i, 3_000);
      }
      var taken = new ArrayList<Long>();
      assertThat(takeToEnd(watch, taken).cause()).isInstanceOf(StoreException.TooSlow.class);
      assertThat(taken).containsExactly(2L, 3L, 4L);
    }
  }

  @Test
  void aCallbackThatFailsHarmsOnlyItsWatch() throws Exception {
    try (var store = fixture.open(temp);
        var bad = store.watch(Scope.everything(), 0);
        var good = store.watch(Scope.everything(), 0)) {
      bad.onReady(
          () -> {
            throw new IllegalStateException("as the test wants");
          });
      commit(store, "a", 1);
      commit(store, "b", 1);

      assertThat(StoreCopies.awaitProgress(good, 2)).containsExactly("a", "b");
      assertThat(takeToEnd(bad, new ArrayList<>())).isEqualTo(new Ended(null));
    }
    fixture.assertSound(temp);
  }

  @Test
  void eachOfManyWatchersIsToldOfItsOwn() throws Exception {
    try (var store = fixture.open(temp)) {
      var told = new AtomicInteger();
      var watches = new ArrayList<Watch>();
      for (var i = 0; i < 500; i++) {
        var watch = store.watch(Scope.of(new ObjectKey("pods", "default", "p" + i)), 0);
        watch.onReady(told::incrementAndGet);
        watches.add(watch);
      }
      for (var i = 0; i < 100; i++) {
        commit(store, "p" + i, 1);
      }
      await().until(() -> told.get() == 100);
      for (var i = 0; i < 500; i++) {
        assertThat(StoreCopies.awaitProgress(watches.get(i), 100))
            .isEqualTo(i < 100 ? List.of("p" + i) : List.of());
      }
      watches.forEach(Watch::close);
    }
    fixture.assertSound(temp);
  }

  private static long commit(RocksObjectStore store, String name, int bytes) {
    return store.commit(Transaction.of(put(pod(name), "x".repeat(bytes)))).join().revision();
  }

  private static void assertContiguous(List<Long> revisions) {
    for (var i = 0; i < revisions.size(); i++) {
      assertThat(revisions.get(i)).isEqualTo(i + 1);
    }
  }

  private static void take(Watch watch, List<Long> revisions) {
    switch (watch.take(3)) {
      case Changes(var changes, var progress) ->
          changes.forEach(change -> revisions.add(change.revision()));
      case Ended(var why) -> fail("the watch has ended", why);
    }
  }

  private static Ended takeToEnd(Watch watch, List<Long> revisions) {
    var end = new ArrayList<Ended>();
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              switch (watch.take(3)) {
                case Changes(var changes, var progress) ->
                    changes.forEach(change -> revisions.add(change.revision()));
                case Ended ended -> end.add(ended);
              }
              return !end.isEmpty();
            });
    return end.getFirst();
  }
}
