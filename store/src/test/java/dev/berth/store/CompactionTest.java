package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.store.Database.Column;
import dev.berth.store.StoreConfig.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.WALRecoveryMode;

/** History is forgotten by itself, as far as it should be, and nothing is left of it. */
class CompactionTest {
  private static final Duration OFTEN = Duration.ofMillis(2);

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void historyIsForgottenBeyondItsLength() throws Exception {
    fixture.config = StoreFixture.SMALL.withHistory(new History(50, Duration.ofHours(1), OFTEN, 7));
    try (var store = fixture.open(temp)) {
      for (var i = 0; i < 300; i++) {
        commit(store, i);
      }
      await().until(() -> oldest(store) == store.revision() - 50);
      assertThat(store.verify()).isEmpty();
    }
    fixture.assertSound(temp);
  }

  @Test
  void historyIsForgottenBeyondItsAge() throws Exception {
    var nanos = new AtomicLong();
    fixture.nanoTime = nanos::get;
    fixture.config =
        StoreFixture.SMALL.withHistory(new History(100_000, Duration.ofHours(1), OFTEN, 7));
    try (var store = fixture.open(temp)) {
      for (var i = 0; i < 30; i++) {
        commit(store, i);
      }
      // However often it looks, nothing is old yet.
      nanos.addAndGet(Duration.ofMinutes(59).toNanos());
      commit(store, 30);
      assertThat(oldest(store)).isZero();

      await()
          .until(
              () -> {
                nanos.addAndGet(Duration.ofMinutes(1).toNanos());
                return oldest(store) == 31;
              });
      assertThat(store.verify()).isEmpty();
    }
    fixture.assertSound(temp);
  }

  @Test
  void nothingIsLeftOfForgottenHistory() throws Exception {
    try (var store = fixture.open(temp)) {
      for (var i = 0; i < 200; i++) {
        commit(store, i);
      }
      for (var i = 0; i < 5; i++) {
        var gone = new Transaction.Delete(pod("p" + i), Expectation.present());
        store.commit(Transaction.of(gone)).join();
      }
      store.compact(store.revision());
    }
    // Opened again, as the steps were not synced.
    fixture.open(temp).close();
    fixture.assertSound(temp);
    try (var database = openDatabase()) {
      assertThat(count(database, Column.VERSIONS)).isEqualTo(5);
      assertThat(count(database, Column.LOG)).isZero();
    }
    try (var store = fixture.open(temp)) {
      assertThat(store.revision()).isEqualTo(205);
      assertThat(store.count(Scope.everything(), 0)).isEqualTo(5);
      commit(store, 0);
      assertThat(store.revision()).isEqualTo(206);
    }
    fixture.assertSound(temp);
  }

  private Database openDatabase() throws Exception {
    return Database.open(
        StoreDirectory.database(temp), fixture.config, WALRecoveryMode.AbsoluteConsistency);
  }

  private static int count(Database database, Column column) {
    try (var iterator = database.iterator(column)) {
      var count = 0;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        count++;
      }
      return count;
    }
  }

  /** Ten objects, over and over. */
  private static void commit(RocksObjectStore store, int number) {
    store.commit(Transaction.of(put(pod("p" + number % 10), "" + number))).join();
  }

  private static long oldest(RocksObjectStore store) {
    var refused =
        catchThrowableOfType(
            StoreException.Compacted.class, () -> store.watch(Scope.everything(), 0).close());
    return refused == null ? 0 : refused.oldest();
  }
}
