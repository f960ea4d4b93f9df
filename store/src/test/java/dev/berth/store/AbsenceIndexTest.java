package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said to be absent is absent. */
class AbsenceIndexTest {
  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void hashesAreCounted() {
    var seed = new SplittableRandom().nextLong();
    var random = new SplittableRandom(seed);
    // Few hashes, many of which want the same place; and 0, which marks a free one.
    var hashes = new ArrayList<Long>();
    for (var i = 0; i < 3_000; i++) {
      hashes.add(((long) random.nextInt(200) << 32) | random.nextInt(8));
    }
    hashes.add(0L);
    var counts = new HashCounts();
    var model = new HashMap<Long, Integer>();
    for (var i = 0; i < 50_000; i++) {
      var hash = hashes.get(random.nextInt(hashes.size()));
      if (random.nextBoolean()) {
        counts.add(hash);
        model.merge(hash == 0 ? 1 : hash, 1, Integer::sum);
      } else if (model.containsKey(hash == 0 ? 1 : hash)) {
        counts.remove(hash);
        model.computeIfPresent(hash == 0 ? 1 : hash, (h, n) -> n == 1 ? null : n - 1);
      }
    }
    for (var hash : hashes) {
      assertThat(counts.contains(hash))
          .as("seed %s", seed)
          .isEqualTo(model.containsKey(hash == 0 ? 1 : hash));
    }
    assertThat(counts.size()).isEqualTo(model.size());
    assertThatThrownBy(() -> new HashCounts().remove(5)).hasMessageContaining("not added");
  }

  @Test
  void nothingIsAbsentBeforeAllIsRead() throws Exception {
    try (var store = fixture.open(temp)) {
      for (var i = 0; i < 100; i++) {
        store.commit(Transaction.of(put(pod("p" + i), "x"))).join();
      }
      var gone = new Transaction.Delete(pod("p7"), Expectation.present());
      store.commit(Transaction.of(gone)).join();
    }
    try (var opened = StoreRecovery.open(temp, fixture.config);
        var index =
            new AbsenceIndex(opened.database(), opened.horizon(), new Fault(fixture.faults::add))) {
      assertThat(index.isAbsent(pod("nobody"))).isFalse();
      index.start();
      index.committed(List.of(removed(pod("p1")), made(pod("p7")), made(pod("new"))));
      await().until(() -> index.isAbsent(pod("nobody")));

      for (var i = 0; i < 100; i++) {
        assertThat(index.isAbsent(pod("p" + i))).isEqualTo(i == 1);
      }
      assertThat(index.isAbsent(pod("new"))).isFalse();
      assertThat(index.isAbsent(new ObjectKey("pods", "other", "p2"))).isTrue();
      assertThat(index.isAbsent(new ObjectKey("nodes", "default", "p2"))).isTrue();

      index.committed(List.of(removed(pod("new")), replaced(pod("p2")), removed(pod("p3"))));
      index.committed(List.of(made(pod("p3"))));
      assertThat(index.isAbsent(pod("new"))).isTrue();
      assertThat(index.isAbsent(pod("p2"))).isFalse();
      assertThat(index.isAbsent(pod("p3"))).isFalse();
    }
    assertThat(fixture.faults).isEmpty();
  }

  private static Change made(ObjectKey key) {
    return new Change(key, 1, null, new StoredObject(key, 1, new byte[0]));
  }

  private static Change replaced(ObjectKey key) {
    var object = new StoredObject(key, 1, new byte[0]);
    return new Change(key, 1, object, object);
  }

  private static Change removed(ObjectKey key) {
    return new Change(key, 1, new StoredObject(key, 1, new byte[0]), null);
  }
}
