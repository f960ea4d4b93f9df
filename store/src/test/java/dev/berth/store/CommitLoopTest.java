package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Check;
import dev.berth.core.storage.Transaction.Durability;
import dev.berth.core.storage.Transaction.Put;
import dev.berth.core.storage.Transaction.Step;
import dev.berth.core.storage.Watch.Changes;
import dev.berth.core.storage.Watch.Ended;
import dev.berth.store.StoreConfig.Commits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Status.Code;
import org.rocksdb.Status.SubCode;

/** How transactions are grouped, and what happens when a write is slow or fails. */
class CommitLoopTest {
  private final StoreFixture fixture = new StoreFixture();
  private final AtomicReference<ObstacleWriter> obstacle = new AtomicReference<>();
  private final AtomicLong freeBytes = new AtomicLong(Long.MAX_VALUE);
  private RocksObjectStore store;

  @TempDir Path temp;

  CommitLoopTest() {
    fixture.config = StoreFixture.SMALL.withCommits(new Commits(20, 1 << 20, 100, 1 << 20));
    fixture.freeBytes = freeBytes::get;
    fixture.writer =
        database -> {
          obstacle.set(new ObstacleWriter(database));
          return obstacle.get();
        };
  }

  @BeforeEach
  void open() throws StoreOpenException {
    store = fixture.open(temp);
  }

  @AfterEach
  void close() throws StoreOpenException {
    obstacle.get().release();
    store.close();
    assertThat(StoreVerifier.verify(temp, fixture.config)).isEmpty();
  }

  @Test
  void whatComesDuringASyncIsWrittenWithTheNext() throws Exception {
    obstacle.get().hold();
    var first = commit(put(pod("first"), "1"));
    obstacle.get().awaitWritten();
    var waiting = new ArrayList<CompletableFuture<Commit>>();
    for (var i = 0; i < 10; i++) {
      waiting.add(commit(put(pod("p" + i), "x")));
    }
    obstacle.get().release();

    first.join();
    waiting.forEach(CompletableFuture::join);
    assertThat(obstacle.get().writes).containsExactly(true, true);
    assertThat(waiting.getLast().join().revisions()).containsExactly(11);
    // The revision right after its own transaction, not after its group.
    assertThat(waiting.getFirst().join().revision()).isEqualTo(2);
    assertThat(fixture.faults).isEmpty();
  }

  @Test
  void nothingIsSeenBeforeItsSync() throws Exception {
    commit(put(pod("a"), "old")).join();
    var watch = store.watch(Scope.everything(), 1);
    obstacle.get().hold();
    var answer = commit(put(pod("a"), "new"), put(pod("b"), "new"));
    var conflict = commit(new Put(pod("c"), Expectation.present(), new byte[0]));
    obstacle.get().awaitWritten();

    // RocksDB has it, and nobody may know.
    assertThat(answer).isNotDone();
    assertThat(conflict).isNotDone();
    assertThat(store.revision()).isEqualTo(1);
    assertThat(store.get(pod("a"))).get().extracting("revision").isEqualTo(1L);
    assertThat(store.get(pod("b"))).isEmpty();
    assertThat(store.list(Scope.everything(), 0, null, 0).objects()).hasSize(1);
    assertThat(store.count(Scope.everything(), 0)).isEqualTo(1);
    assertThat(watch.take(9)).isEqualTo(new Changes(List.of(), 1));
    assertThatThrownBy(() -> store.list(Scope.everything(), 2, null, 0))
        .isInstanceOf(StoreException.FutureRevision.class);

    obstacle.get().release();
    answer.join();
    assertThat(store.revision()).isEqualTo(3);
    assertThat(store.get(pod("b"))).isPresent();
    assertThatThrownBy(conflict::join).hasCauseInstanceOf(StoreException.Conflict.class);
  }

  @Test
  void aConflictOverAWriteOfTheSameGroupWaitsForTheSync() throws Exception {
    obstacle.get().hold();
    commit(put(pod("first"), "1"));
    obstacle.get().awaitWritten();
    var create = commit(new Put(pod("a"), Expectation.absent(), new byte[1]));
    var again = commit(new Put(pod("a"), Expectation.absent(), new byte[2]));
    var other = commit(put(pod("b"), "b"));
    obstacle.get().failNext(Code.IOError, SubCode.NoSpace);
    obstacle.get().release();

    for (var answer : List.of(create, again, other)) {
      assertThatThrownBy(answer::join).hasCauseInstanceOf(StoreException.Unavailable.class);
    }
    assertThat(store.get(pod("a"))).isEmpty();
    assertThat(commit(new Put(pod("a"), Expectation.absent(), new byte[3])).join().revision())
        .isEqualTo(2);
  }

  @Test
  void onlyRelaxedCommitsAreWrittenWithoutSync() {
    for (var i = 0; i < 5; i++) {
      relaxed(put(pod("lease"), "" + i)).join();
    }
    commit(put(pod("a"), "a")).join();
    relaxed(put(pod("lease"), "6")).join();

    // The first one is synced with the ceiling for those that follow.
    assertThat(obstacle.get().writes)
        .containsExactly(true, false, false, false, false, true, false);
  }

  @Test
  void whatOnlyComparesIsNotWritten() {
    commit(new Check(pod("a"), Expectation.absent())).join();
    commit().join();

    assertThat(obstacle.get().writes).isEmpty();
  }

  @Test
  void aFailedWriteBreaksTheStore() {
    commit(put(pod("a"), "1")).join();
    var watch = store.watch(Scope.everything(), 1);
    obstacle.get().failNext(Code.IOError, SubCode.None);

    assertThatThrownBy(commit(put(pod("a"), "2"))::join)
        .hasCauseInstanceOf(StoreException.Broken.class)
        .hasMessageContaining("failed while committing: as the test wants");
    assertThatThrownBy(commit(put(pod("a"), "3"))::join)
        .hasCauseInstanceOf(StoreException.Broken.class);

    assertThat(fixture.faults).hasSize(1);
    assertThat(store.get(pod("a"))).get().extracting("revision").isEqualTo(1L);
    assertThat(watch.take(1))
        .isInstanceOfSatisfying(
            Ended.class,
            ended -> assertThat(ended.cause()).isInstanceOf(StoreException.Broken.class));
    assertThat(obstacle.get().writes).hasSize(1);
  }

  @Test
  @SuppressWarnings("NullAway") // A null where none may be stands for any bug.
  void aBugIsAFaultToo() {
    var broken =
        new Transaction(List.of(new Put(pod("a"), Expectation.anything(), new byte[0])), null);

    assertThatThrownBy(store.commit(broken)::join).hasCauseInstanceOf(StoreException.Broken.class);
    assertThat(fixture.faults).hasSize(1);
  }

  @Test
  void aFullDiskIsOvercomeWhenThereIsRoom() {
    commit(put(pod("a"), "1")).join();
    obstacle.get().failNext(Code.IOError, SubCode.NoSpace);
    assertThatThrownBy(commit(put(pod("a"), "2"))::join)
        .hasCauseInstanceOf(StoreException.Unavailable.class)
        .hasMessageContaining("is full");

    freeBytes.set(1000);
    assertThatThrownBy(commit(put(pod("a"), "3"))::join)
        .hasCauseInstanceOf(StoreException.Unavailable.class)
        .hasMessageContaining("0 MiB free, 1 MiB needed");
    // Nothing has to be written for this one.
    commit(new Check(pod("a"), Expectation.at(1))).join();
    assertThat(store.get(pod("a"))).isPresent();
    assertThat(store.revision()).isEqualTo(1);

    freeBytes.set(Long.MAX_VALUE);
    assertThat(commit(new Put(pod("a"), Expectation.at(1), new byte[1])).join().revision())
        .isEqualTo(2);
    assertThat(fixture.faults).isEmpty();
  }

  @Test
  void tooMuchWaitingIsRefused() throws Exception {
    obstacle.get().hold();
    var first = commit(put(pod("first"), "1"));
    obstacle.get().awaitWritten();
    var waiting = new ArrayList<CompletableFuture<Commit>>();
    for (var i = 0; i < 20; i++) {
      waiting.add(commit(put(pod("p" + i), "x")));
    }
    assertThatThrownBy(commit(put(pod("one-more"), "x"))::join)
        .hasCauseInstanceOf(StoreException.Unavailable.class);
    obstacle.get().release();

    first.join();
    waiting.forEach(CompletableFuture::join);
    assertThat(store.get(pod("one-more"))).isEmpty();
  }

  @Test
  void closingCommitsWhatWasHandedIn() throws Exception {
    obstacle.get().hold();
    var answers = new ArrayList<CompletableFuture<Commit>>();
    answers.add(commit(put(pod("first"), "1")));
    obstacle.get().awaitWritten();
    answers.add(commit(put(pod("second"), "2")));
    var closing = Thread.ofPlatform().start(store::close);
    obstacle.get().release();
    closing.join();

    assertThat(answers).allMatch(CompletableFuture::isDone);
    assertThat(answers.getLast().join().revision()).isEqualTo(2);
    store = fixture.open(temp);
    assertThat(store.get(pod("second"))).isPresent();
  }

  @Test
  void virtualThreadsReadToo() throws Exception {
    commit(put(pod("a"), "1")).join();
    store.close();
    store = fixture.open(temp);
    var seen = new CompletableFuture<List<Object>>();

    Thread.ofVirtual()
        .start(
            () ->
                seen.complete(
                    List.of(
                        store.get(pod("a")).orElseThrow().revision(),
                        store.get(pod("b")).isPresent(),
                        store.list(Scope.everything(), 0, null, 0).objects().size(),
                        store.count(Scope.everything(), 0))))
        .join();

    assertThat(seen.join()).containsExactly(1L, false, 1, 1L);
    var refused = new CompletableFuture<Throwable>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                store.list(Scope.everything(), 9, null, 0);
              } catch (StoreException e) {
                refused.complete(e);
              }
            })
        .join();
    assertThat(refused)
        .isCompletedWithValueMatching(StoreException.FutureRevision.class::isInstance);
  }

  private CompletableFuture<Commit> commit(Step... steps) {
    return store.commit(Transaction.of(steps));
  }

  private CompletableFuture<Commit> relaxed(Step... steps) {
    return store.commit(new Transaction(List.of(steps), Durability.RELAXED));
  }
}
