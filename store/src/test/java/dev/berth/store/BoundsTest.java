package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.store.CommitQueue.Pending;
import dev.berth.store.HeadCache.Head;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What happens at each bound of the small parts. */
class BoundsTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void historyIsKeptUpToANumberOfRevisions() {
    var retention = new Retention(100, 60 * SECOND);

    assertThat(retention.target(0, 50)).isNotPositive();
    assertThat(retention.target(SECOND, 100)).isZero();
    assertThat(retention.target(2 * SECOND, 250)).isEqualTo(150);
  }

  @Test
  void historyIsKeptUpToAnAge() {
    var retention = new Retention(1_000, 60 * SECOND);

    assertThat(retention.target(0, 10)).isNotPositive();
    assertThat(retention.target(30 * SECOND, 20)).isNotPositive();
    assertThat(retention.target(59 * SECOND, 30)).isNotPositive();
    assertThat(retention.target(60 * SECOND, 40)).isEqualTo(10);
    assertThat(retention.target(89 * SECOND, 50)).isNotPositive();
    assertThat(retention.target(121 * SECOND, 60)).isEqualTo(40);
    assertThat(retention.target(1_000 * SECOND, 60)).isEqualTo(60);
    // Nothing was written for long: all of history is old, what is there is not history.
    assertThat(retention.target(2_000 * SECOND, 60)).isEqualTo(60);
  }

  @Test
  void theCacheForgetsWhatWasNotUsed() {
    var cache = new HeadCache(10 * 400);
    for (var i = 0; i < 8; i++) {
      cache.put(pod("p" + i), head(i, i + 1));
    }
    assertThat(cache.size()).isEqualTo(8);
    cache.get(pod("p0"));
    for (var i = 8; i < 16; i++) {
      cache.put(pod("p" + i), head(i, i + 1));
      cache.get(pod("p0"));
    }

    assertThat(cache.size()).isBetween(8, 10);
    assertThat(cache.get(pod("p0"))).isEqualTo(cache.contents().get(pod("p0"))).isNotNull();
    assertThat(cache.get(pod("p1"))).isNull();
    assertThat(cache.get(pod("p15"))).isNotNull();
  }

  @Test
  void theCacheIsFullOfOneLargeObjectOnly() {
    var cache = new HeadCache(1_000);
    cache.put(pod("small"), head(1, 1));
    cache.put(pod("large"), new Head(2, new StoredObject(pod("large"), 2, new byte[5_000])));

    assertThat(cache.get(pod("large"))).isNull();
    cache.put(pod("small"), head(1, 3));
    assertThat(cache.get(pod("small"))).extracting(Head::revision).isEqualTo(3L);
    cache.put(pod("small"), new Head(4, null));
    assertThat(cache.get(pod("small"))).isEqualTo(new Head(4, null));
  }

  private static Head head(int name, long revision) {
    return new Head(revision, new StoredObject(pod("p" + name), revision, new byte[100]));
  }

  @Test
  void theQueueRefusesWhatItCannotHold() {
    var queue = new CommitQueue(3, 100);
    queue.add(pending(500));
    assertThatThrownBy(() -> queue.add(pending(1)))
        .isInstanceOf(StoreException.Unavailable.class)
        .hasMessageContaining("1 transactions (500 bytes)");
    assertThat(queue.take(10, 10)).hasSize(1);

    queue.add(pending(10));
    queue.add(pending(10));
    queue.add(pending(10));
    assertThatThrownBy(() -> queue.add(pending(0))).isInstanceOf(StoreException.Unavailable.class);
    assertThat(queue.take(2, 1_000)).hasSize(2);
    assertThat(queue.take(2, 1_000)).hasSize(1);

    queue.add(pending(10));
    queue.add(pending(10));
    assertThat(queue.take(10, 10)).hasSize(1);
    queue.close();
    assertThatThrownBy(() -> queue.add(pending(0))).isInstanceOf(StoreException.Broken.class);
    assertThat(queue.take(10, 10)).hasSize(1);
    assertThat(queue.take(10, 10)).isEmpty();
  }

  private static Pending pending(long bytes) {
    return new Pending(Transaction.of(List.of()), new CompletableFuture<>(), bytes, 0);
  }

  @Test
  void aDiskThatIsTooFullIsNamed() {
    var guard = new SpaceGuard("/data", () -> 3 << 20, 4 << 20);

    assertThat(guard.refusal())
        .isEqualTo(
            "the disk of /data is full (3 MiB free, 4 MiB needed): nothing can be written until"
                + " space is freed; reading goes on");
    assertThat(new SpaceGuard("/data", () -> 4 << 20, 4 << 20).refusal()).isNull();
  }

  @Test
  void aGateShutsWhenAllHaveLeft() throws InterruptedException {
    var gate = new Gate();
    assertThat(gate.enter()).isTrue();
    assertThat(gate.enter()).isTrue();
    var shutting = Thread.ofPlatform().start(gate::shut);
    gate.leave();
    while (gate.enter()) {
      gate.leave();
    }
    assertThat(shutting.isAlive()).isTrue();
    gate.leave();
    shutting.join();
    assertThat(gate.enter()).isFalse();
    gate.shut();

    var never = new Gate();
    never.shut();
    assertThat(never.enter()).isFalse();
  }

  @Test
  void theCeilingIsRaisedAheadOfRelaxedCommits() {
    var ceiling = new RelaxedCeiling(0);
    assertThat(ceiling.isInUse()).isFalse();
    assertThat(ceiling.mustSync(false, 10)).isFalse();
    assertThat(ceiling.toWrite(false, 10)).isZero();

    assertThat(ceiling.mustSync(true, 11)).isTrue();
    assertThat(ceiling.toWrite(true, 11)).isEqualTo(11 + RelaxedCeiling.AHEAD);
    ceiling.wrote(11 + RelaxedCeiling.AHEAD);

    assertThat(ceiling.mustSync(true, 12)).isFalse();
    assertThat(ceiling.toWrite(false, 12)).isZero();
    // Synced groups raise it in passing, so that relaxed ones seldom have to.
    assertThat(ceiling.toWrite(false, 11 + RelaxedCeiling.AHEAD)).isPositive();
    assertThat(ceiling.mustSync(true, 12 + RelaxedCeiling.AHEAD)).isTrue();
  }
}
