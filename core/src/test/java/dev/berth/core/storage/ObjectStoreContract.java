package dev.berth.core.storage;

import static dev.berth.core.storage.Expectation.present;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Transaction.Delete;
import dev.berth.core.storage.Transaction.Put;
import dev.berth.core.storage.Watch.Changes;
import dev.berth.core.storage.Watch.Ended;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The contract test that every {@link ObjectStore} must pass: extend it, and say how a store is
 * opened and compacted.
 */
public abstract class ObjectStoreContract extends ReadAndWriteContract {

  @Test
  void aWatchTellsWhatHappensFromNowOn() {
    commit(put(A, "before"));
    try (var watch = store.watch(Scope.everything(), 1)) {
      commit(put(B, "b"));
      commit(put(B, "b2"), new Delete(A, present()));

      assertThat(show(take(watch, 3))).containsExactly("+b@2", "b@3 was 2", "-a@4 was 1");
    }
  }

  @Test
  void changesCarryTheDocumentsBeforeAndAfter() {
    try (var watch = store.watch(Scope.everything(), 0)) {
      commit(put(A, "one"));
      commit(put(A, "two"));
      commit(new Delete(A, present()));

      assertDocuments(take(watch, 3));
    }
    // The same read from history.
    try (var watch = store.watch(Scope.everything(), 0)) {
      assertDocuments(take(watch, 3));
    }
  }

  private static void assertDocuments(List<Change> changes) {
    assertThat(changes)
        .extracting(change -> text(change.before()) + " -> " + text(change.after()))
        .containsExactly("null -> one", "one -> two", "two -> null");
    assertThat(changes.get(1).before()).extracting(StoredObject::revision).isEqualTo(1L);
    assertThat(changes.get(1).after()).extracting(StoredObject::revision).isEqualTo(2L);
  }

  private static @Nullable String text(@Nullable StoredObject object) {
    return object == null ? null : new String(object.document(), UTF_8);
  }

  @Test
  void anObjectMadeAgainHasNoBefore() {
    try (var watch = store.watch(Scope.everything(), 0)) {
      commit(put(A, "one"));
      commit(new Delete(A, present()));
      commit(put(A, "two"));

      assertThat(show(take(watch, 3))).containsExactly("+a@1", "-a@2 was 1", "+a@3");
    }
    try (var watch = store.watch(Scope.everything(), 2)) {
      assertThat(show(take(watch, 1))).containsExactly("+a@3");
    }
  }

  @Test
  void aWatchMayStartInThePastAndInsideATransaction() {
    commit(put(A, "1"), put(B, "2"), put(C, "3"));
    commit(put(A, "4"));

    for (var revision = 0; revision <= 4; revision++) {
      try (var watch = store.watch(Scope.everything(), revision)) {
        commit(put(C, "more"));
        var changes = take(watch, (int) store.revision() - revision);
        assertThat(changes.getFirst().revision()).isEqualTo(revision + 1);
        assertThat(changes.getLast().revision()).isEqualTo(store.revision());
        assertThat(progress(watch)).isEqualTo(store.revision());
      }
    }
  }

  @Test
  void aWatchIsAboutItsScope() {
    var other = new ObjectKey("pods", "other", "a");
    var node = new ObjectKey("nodes", "", "a");
    commit(put(A, "a"), put(other, "o"), put(node, "n"));
    try (var pods = store.watch(Scope.of("pods"), 0);
        var namespace = store.watch(Scope.of("pods", "other"), 3);
        var one = store.watch(Scope.of(A), 1)) {
      commit(put(node, "n2"), put(other, "o2"), put(A, "a2"));

      assertThat(show(take(pods, 4))).containsExactly("+a@1", "+a@2", "a@5 was 2", "a@6 was 1");
      assertThat(show(take(namespace, 1))).containsExactly("a@5 was 2");
      assertThat(show(take(one, 1))).containsExactly("a@6 was 1");
    }
  }

  @Test
  void progressMovesWithChangesThatAreNotInScope() {
    try (var watch = store.watch(Scope.of("nodes"), 0)) {
      for (var i = 0; i < 100; i++) {
        commit(put(A, "a"));
      }

      soon().until(() -> progress(watch) == 100);
    }
  }

  @Test
  void progressSaysWhatWasTaken() {
    commit(put(A, "1"), put(B, "2"), put(C, "3"));
    try (var watch = store.watch(Scope.everything(), 0)) {
      var taken = new ArrayList<Change>();
      soon()
          .until(
              () -> {
                var batch = takeBatch(watch, 2);
                taken.addAll(batch.changes());
                assertThat(batch.changes()).hasSizeLessThanOrEqualTo(2);
                assertThat(batch.progress()).isEqualTo(taken.size());
                return taken.size() == 3;
              });
      assertThat(show(taken)).containsExactly("+a@1", "+b@2", "+c@3");
    }
  }

  @Test
  void historyLargerThanTheBufferIsTakenWithoutLoss() {
    for (var i = 0; i < 100; i++) {
      commit(put(A, "" + i));
    }
    try (var watch = store.watch(Scope.everything(), 0)) {
      assertThat(take(watch, 100)).extracting(Change::revision).first().isEqualTo(1L);
      commit(put(A, "live"));
      assertThat(show(take(watch, 1))).containsExactly("a@101 was 100");
    }
  }

  @Test
  void aSlowWatcherIsEndedAfterWhatWasBuffered() {
    try (var watch = store.watch(Scope.everything(), 0)) {
      for (var i = 0; i < 20; i++) {
        commit(put(A, "" + i));
      }

      var taken = new ArrayList<Change>();
      var end = takeToEnd(watch, taken);
      assertThat(end.cause()).isInstanceOf(StoreException.TooSlow.class);
      assertThat(taken).hasSizeBetween(1, 8);
      assertThat(taken.getFirst().revision()).isEqualTo(1);
      assertThat(taken.getLast().revision()).isEqualTo(taken.size());

      try (var again = store.watch(Scope.everything(), taken.getLast().revision())) {
        assertThat(take(again, 20 - taken.size()).getLast().revision()).isEqualTo(20);
      }
    }
  }

  @Test
  void theTakerIsToldWhenThereIsSomething() {
    var calls = new AtomicInteger();
    var watch = store.watch(Scope.of(A), 0);
    assertThat(takeBatch(watch, 10).changes()).isEmpty();
    watch.onReady(calls::incrementAndGet);
    commit(put(A, "1"));
    soon().until(() -> calls.get() > 0);

    assertThat(take(watch, 1)).hasSize(1);
    assertThat(takeBatch(watch, 10).changes()).isEmpty();
    var before = calls.get();
    commit(put(A, "2"));
    soon().until(() -> calls.get() > before);
    assertThat(take(watch, 1)).hasSize(1);

    assertThat(takeBatch(watch, 10).changes()).isEmpty();
    var beforeEnd = calls.get();
    watch.close();
    soon().until(() -> calls.get() > beforeEnd);
    assertThat(watch.take(1)).isEqualTo(new Ended(null));
  }

  @Test
  void theTakerIsToldAlsoAfterATakeThatFoundLessThanItMayTake() {
    var calls = new AtomicInteger();
    try (var watch = store.watch(Scope.of(A), 0)) {
      watch.onReady(calls::incrementAndGet);
      commit(put(A, "1"));
      soon().until(() -> calls.get() > 0);
      assertThat(takeBatch(watch, 10).changes()).hasSize(1);

      var before = calls.get();
      commit(put(A, "2"));
      soon().until(() -> calls.get() > before);
    }
  }

  @Test
  void theTakerIsToldAtOnceOfWhatIsThereAlready() {
    var calls = new AtomicInteger();
    commit(put(A, "1"));
    try (var watch = store.watch(Scope.of(A), 0)) {
      watch.onReady(calls::incrementAndGet);
      soon().until(() -> calls.get() > 0);
      assertThat(take(watch, 1)).hasSize(1);
    }
  }

  @Test
  void aWatchEndsWithItsStore() {
    var calls = new AtomicInteger();
    var watch = store.watch(Scope.everything(), 0);
    assertThat(takeBatch(watch, 1).changes()).isEmpty();
    watch.onReady(calls::incrementAndGet);

    store.close();

    soon().until(() -> calls.get() > 0);
    assertThat(takeToEnd(watch, new ArrayList<>())).isEqualTo(new Ended(null));
    watch.close();
  }

  @Test
  void aWatchNeedsItsHistory() {
    commit(put(A, "1"));
    commit(put(A, "2"));
    commit(put(A, "3"));
    compact(2);

    assertThatThrownBy(() -> store.watch(Scope.everything(), 1))
        .isInstanceOfSatisfying(
            StoreException.Compacted.class, e -> assertThat(e.oldest()).isEqualTo(2));
    assertThatThrownBy(() -> store.watch(Scope.everything(), 4))
        .isInstanceOf(StoreException.FutureRevision.class);
    try (var watch = store.watch(Scope.everything(), 2)) {
      var change = take(watch, 1).getFirst();
      assertThat(show(List.of(change))).containsExactly("a@3 was 2");
      assertThat(text(change.before())).isEqualTo("2");
    }
  }

  @Test
  void aLiveWatchDoesNotNeedHistory() {
    try (var watch = store.watch(Scope.everything(), 0)) {
      commit(put(A, "1"));
      commit(put(A, "2"));
      compact(2);
      commit(put(A, "3"));

      assertThat(show(take(watch, 3))).containsExactly("+a@1", "a@2 was 1", "a@3 was 2");
    }
  }

  @Test
  void watchersThatComeWhileOthersWriteMissNothing() throws Exception {
    var writers = 4;
    var writes = 50;
    var through = (long) writers * writes;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var w = 0; w < writers; w++) {
        var key = new ObjectKey("pods", "default", "w" + w);
        threads.submit(
            () -> {
              for (var i = 0; i < writes; i++) {
                commit(put(key, "" + i));
              }
            });
      }
      for (var i = 0; i < 20; i++) {
        threads
            .submit(
                () -> {
                  var from = store.revision() / 2;
                  assertFollows(from, through);
                  return null;
                })
            .get();
      }
    }
    assertFollows(0, through);
  }

  /** Follows everything from {@code from}, starting anew when too slow, and checks the chain. */
  private void assertFollows(long from, long through) throws InterruptedException {
    var taken = new ArrayList<Change>();
    var position = from;
    while (position < through) {
      try (var watch = store.watch(Scope.everything(), position)) {
        position = follow(watch, taken, position, through);
      }
    }
    var newest = new HashMap<ObjectKey, Long>();
    var expected = from;
    for (var change : taken) {
      expected++;
      assertThat(change.revision()).isEqualTo(expected);
      var before = change.before();
      var known = newest.put(change.key(), change.revision());
      if (known != null) {
        assertThat(before).extracting(StoredObject::revision).isEqualTo(known);
      }
    }
    assertThat(expected).isEqualTo(through);
  }

  private static long follow(Watch watch, List<Change> taken, long from, long through)
      throws InterruptedException {
    var ready = new Semaphore(0);
    watch.onReady(ready::release);
    var position = from;
    while (position < through) {
      switch (watch.take(5)) {
        case Changes(var changes, var progress) -> {
          taken.addAll(changes);
          position = progress;
          if (changes.isEmpty() && position < through) {
            assertThat(ready.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
          }
        }
        case Ended(var cause) -> {
          assertThat(cause).isInstanceOf(StoreException.TooSlow.class);
          return position;
        }
      }
    }
    return position;
  }

  @Test
  void aWatchSeesOnlyWhatCanBeRead() {
    try (var watch = store.watch(Scope.everything(), 0)) {
      var commit = store.commit(Transaction.of(new Put(A, Expectation.absent(), bytes("a"))));
      var change = take(watch, 1).getFirst();

      assertThat(store.revision()).isGreaterThanOrEqualTo(change.revision());
      assertThat(document(A)).isEqualTo("a");
      commit.join();
    }
  }

  private static ConditionFactory soon() {
    return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
  }

  /** Takes exactly {@code count} changes, waiting for them. */
  protected static List<Change> take(Watch watch, int count) {
    var taken = new ArrayList<Change>();
    soon()
        .until(
            () -> {
              taken.addAll(takeBatch(watch, count - taken.size()).changes());
              return taken.size() >= count;
            });
    return taken;
  }

  private static Changes takeBatch(Watch watch, int most) {
    return switch (watch.take(most)) {
      case Changes changes -> changes;
      case Ended(var cause) -> throw new AssertionError("the watch has ended", cause);
    };
  }

  private static long progress(Watch watch) {
    var batch = takeBatch(watch, 100);
    return batch.progress();
  }

  private static Ended takeToEnd(Watch watch, List<Change> taken) {
    var end = new ArrayList<Ended>();
    soon()
        .until(
            () -> {
              switch (watch.take(3)) {
                case Changes(var changes, var progress) -> taken.addAll(changes);
                case Ended ended -> end.add(ended);
              }
              return !end.isEmpty();
            });
    return end.getFirst();
  }

  /** {@code +a@1}, {@code a@2 was 1}, {@code -a@3 was 2}. */
  private static List<String> show(List<Change> changes) {
    return changes.stream()
        .map(
            change -> {
              var name = change.key().name() + "@" + change.revision();
              var before = change.before();
              if (before == null) {
                return "+" + name;
              }
              return (change.after() == null ? "-" : "") + name + " was " + before.revision();
            })
        .toList();
  }
}
