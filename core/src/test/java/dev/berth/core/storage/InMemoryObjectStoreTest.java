package dev.berth.core.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.Transaction.Durability;
import dev.berth.core.storage.Watch.Changes;
import dev.berth.core.storage.Watch.Ended;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fake against the contract, and its seams. */
class InMemoryObjectStoreTest extends ObjectStoreContract {
  private InMemoryObjectStore fake = new InMemoryObjectStore();

  @Override
  protected ObjectStore open(int watchBuffer) {
    fake = new InMemoryObjectStore(watchBuffer);
    return fake;
  }

  @Override
  protected void compact(long revision) {
    fake.compact(revision);
  }

  @Test
  void aHeldCommitIsNotVisible() {
    fake.holdCommits();
    var watch = store.watch(Scope.everything(), 0);
    var first = store.commit(Transaction.of(put(A, "a")));
    var second = store.commit(Transaction.of(put(B, "b")));

    assertThat(first).isNotDone();
    assertThat(store.get(A)).isEmpty();
    assertThat(store.revision()).isZero();
    assertThat(watch.take(9)).isEqualTo(new Changes(List.of(), 0));
    assertThat(fake.heldCommits()).isEqualTo(2);

    assertThat(fake.commitNext()).isTrue();
    assertThat(first).isCompleted();
    assertThat(second).isNotDone();
    assertThat(take(watch, 1)).hasSize(1);

    fake.releaseCommits();
    assertThat(second).isCompleted();
    assertThat(fake.commitNext()).isFalse();
  }

  @Test
  void faultsRefuseOrLoseTheAnswer() {
    var full = new StoreException.Unavailable("full", null);
    fake.setFaults(transaction -> new CommitFaults.Refused(full));
    assertThatThrownBy(() -> commit(put(A, "a"))).hasCause(full);
    assertThat(store.get(A)).isEmpty();

    fake.setFaults(transaction -> new CommitFaults.AnswerLost(full));
    assertThatThrownBy(() -> commit(put(A, "a"))).hasCause(full);
    assertThat(document(A)).isEqualTo("a");

    fake.setFaults(CommitFaults.none());
    assertThat(commit(put(B, "b")).revision()).isEqualTo(2);
  }

  @Test
  void aFeedCanBeDelayed() {
    fake.holdNewFeeds(true);
    var held = store.watch(Scope.of("pods"), 0);
    fake.holdNewFeeds(false);
    var free = store.watch(Scope.of("pods"), 0);
    commit(put(A, "1"), put(B, "2"), put(C, "3"));
    var feed = fake.feeds().getFirst();

    assertThat(feed.scope()).isEqualTo(Scope.of("pods"));
    assertThat(feed.delayed()).isEqualTo(3);
    assertThat(held.take(9)).isEqualTo(new Changes(List.of(), 0));
    assertThat(take(free, 3)).hasSize(3);

    assertThat(feed.deliverNext()).isTrue();
    assertThat(feed.position()).isEqualTo(1);
    assertThat(take(held, 1)).extracting(Change::revision).containsExactly(1L);
    feed.deliverThrough(2);
    assertThat(take(held, 1)).extracting(Change::revision).containsExactly(2L);
    assertThat(held.take(9)).isEqualTo(new Changes(List.of(), 2));
    feed.release();
    assertThat(take(held, 1)).extracting(Change::revision).containsExactly(3L);
    assertThat(feed.deliverNext()).isFalse();

    var lost = new StoreException.Unavailable("connection lost", null);
    feed.fail(lost);
    assertThat(held.take(1)).isEqualTo(new Ended(lost));
  }

  @Test
  void aFeedOfHistoryCanBeDelayedToo() {
    commit(put(A, "1"), put(B, "2"), put(C, "3"));
    fake.holdNewFeeds(true);
    var watch = store.watch(Scope.everything(), 1);
    var feed = fake.feeds().getFirst();

    assertThat(feed.delayed()).isEqualTo(2);
    assertThat(watch.take(9)).isEqualTo(new Changes(List.of(), 1));
    assertThat(feed.deliverNext()).isTrue();
    assertThat(take(watch, 1)).extracting(Change::revision).containsExactly(2L);

    fake.compact(3);
    assertThat(watch.take(1))
        .isInstanceOfSatisfying(
            Ended.class,
            end -> assertThat(end.cause()).isInstanceOf(StoreException.Compacted.class));
  }

  @Test
  void aKillLosesOnlyWhatWasNotApplied() {
    commit(put(A, "a"));
    store.commit(new Transaction(List.of(put(B, "b")), Durability.RELAXED)).join();
    fake.holdCommits();
    var lost = store.commit(Transaction.of(put(C, "c")));

    var reopened = fake.reopenAfterKill();

    assertThat(lost).isNotDone();
    assertThatThrownBy(() -> store.get(A)).isInstanceOf(StoreException.Broken.class);
    assertThat(show(reopened.list(Scope.everything(), 0, null, 0))).containsExactly("a@1", "b@2");
  }

  @Test
  void aPowerCutLosesRelaxedCommitsAndTheirRevisions() {
    commit(put(A, "a"));
    store.commit(new Transaction(List.of(put(A, "a2")), Durability.RELAXED)).join();

    var reopened = fake.reopenAfterPowerCut();

    assertThat(show(reopened.list(Scope.everything(), 0, null, 0))).containsExactly("a@1");
    assertThat(reopened.commit(Transaction.of(put(B, "b"))).join().revision()).isEqualTo(3);
  }
}
