package dev.berth.core.storage;

import static dev.berth.core.storage.Expectation.absent;
import static dev.berth.core.storage.Expectation.anything;
import static dev.berth.core.storage.Expectation.at;
import static dev.berth.core.storage.Expectation.present;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.berth.core.storage.Transaction.Check;
import dev.berth.core.storage.Transaction.Delete;
import dev.berth.core.storage.Transaction.Durability;
import dev.berth.core.storage.Transaction.Put;
import dev.berth.core.storage.Transaction.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ObjectStore} does when it is read and written. A store's own test extends
 * {@link ObjectStoreContract}, which adds watches.
 */
public abstract class ReadAndWriteContract {

  protected static final ObjectKey A = new ObjectKey("pods", "default", "a");
  protected static final ObjectKey B = new ObjectKey("pods", "default", "b");
  protected static final ObjectKey C = new ObjectKey("pods", "default", "c");

  /** The store under test. */
  protected ObjectStore store;

  /**
   * A new, empty store.
   *
   * @param watchBuffer most changes that may wait for a watcher
   */
  protected abstract ObjectStore open(int watchBuffer);

  /** Makes the store under test forget the history before {@code revision}. */
  protected abstract void compact(long revision);

  /** Called when the store was closed at the end of a test: to verify what is left. */
  protected void afterClose() {}

  @BeforeEach
  final void openStore() {
    store = open(8);
  }

  @AfterEach
  final void closeStore() {
    store.close();
    afterClose();
  }

  @Test
  void anEmptyStoreIsAtRevisionZero() {
    assertThat(store.revision()).isZero();
    assertThat(store.get(A)).isEmpty();
    assertThat(store.list(Scope.everything(), 0, null, 0))
        .isEqualTo(new Listing(0, List.of(), null));
    assertThat(store.count(Scope.everything(), 0)).isZero();
  }

  @Test
  void whatWasPutIsRead() {
    var commit = commit(put(A, "one"));

    assertThat(commit.revisions()).containsExactly(1);
    assertThat(commit.revision()).isEqualTo(1);
    assertThat(store.revision()).isEqualTo(1);
    assertThat(store.get(A))
        .get()
        .extracting(StoredObject::key, StoredObject::revision)
        .containsExactly(A, 1L);
    assertThat(document(A)).isEqualTo("one");
  }

  @Test
  void everyWriteHasItsOwnRevision() {
    var commit = commit(put(B, "b"), put(A, "a"), put(C, "c"));

    assertThat(commit.revisions()).containsExactly(1, 2, 3);
    assertThat(commit.revision()).isEqualTo(3);
    assertThat(show(store.list(Scope.everything(), 0, null, 0)))
        .containsExactly("a@2", "b@1", "c@3");
  }

  @Test
  void aStepThatWritesNothingReportsTheRevisionThatIsThere() {
    commit(put(A, "a"), put(B, "b"));

    var commit =
        commit(
            new Check(A, present()),
            new Delete(C, anything()),
            put(B, "b2"),
            new Check(new ObjectKey("nodes", "", "n"), absent()));

    assertThat(commit.revisions()).containsExactly(1, 0, 3, 0);
    assertThat(commit.revision()).isEqualTo(3);
  }

  @Test
  void aTransactionWithoutWritesUsesNoRevision() {
    commit(put(A, "a"));

    assertThat(commit().revision()).isEqualTo(1);
    assertThat(commit(new Check(A, at(1))).revisions()).containsExactly(1);
    assertThat(store.revision()).isEqualTo(1);
  }

  @Test
  void aDeletedObjectIsGoneAndCanBeMadeAgain() {
    commit(put(A, "first"));

    assertThat(commit(new Delete(A, at(1))).revisions()).containsExactly(2);
    assertThat(store.get(A)).isEmpty();
    assertThat(store.count(Scope.everything(), 0)).isZero();

    assertThat(commit(new Put(A, absent(), bytes("second"))).revisions()).containsExactly(3);
    assertThat(document(A)).isEqualTo("second");
  }

  @Test
  void expectationsAreHeld() {
    commit(put(A, "a"));

    assertConflict(new Put(A, absent(), bytes("x")), absent(), 1);
    assertConflict(new Put(A, at(7), bytes("x")), at(7), 1);
    assertConflict(new Put(B, present(), bytes("x")), present(), 0);
    assertConflict(new Put(B, at(1), bytes("x")), at(1), 0);
    assertConflict(new Delete(A, at(7)), at(7), 1);
    assertConflict(new Delete(B, present()), present(), 0);
    assertConflict(new Check(A, absent()), absent(), 1);
    assertConflict(new Check(B, present()), present(), 0);
    assertThat(store.revision()).isEqualTo(1);
    assertThat(document(A)).isEqualTo("a");

    commit(new Put(A, at(1), bytes("a2")));
    commit(new Put(A, present(), bytes("a3")));
    commit(new Put(A, anything(), bytes("a4")));
    assertThat(document(A)).isEqualTo("a4");
  }

  @Test
  void nothingOfAConflictingTransactionIsApplied() {
    commit(put(A, "a"));

    assertConflict(
        new Check(A, absent()), absent(), 1, put(B, "b"), put(C, "c"), new Delete(A, at(1)));
    // The one that conflicts comes last, after writes that are fine.
    var failed =
        store.commit(Transaction.of(put(B, "b"), new Delete(A, at(1)), new Check(C, present())));
    assertThatThrownBy(failed::join).hasCauseInstanceOf(StoreException.Conflict.class);

    assertThat(store.revision()).isEqualTo(1);
    assertThat(show(store.list(Scope.everything(), 0, null, 0))).containsExactly("a@1");
  }

  @Test
  void expectationsSeeWhatWasHandedInBefore() {
    var first = store.commit(Transaction.of(new Put(A, absent(), bytes("1"))));
    var second = store.commit(Transaction.of(new Put(A, at(1), bytes("2"))));
    var third = store.commit(Transaction.of(new Put(A, at(1), bytes("3"))));
    var fourth = store.commit(Transaction.of(new Delete(A, at(2))));
    var fifth = store.commit(Transaction.of(new Put(A, absent(), bytes("5"))));

    assertThat(first.join().revisions()).containsExactly(1);
    assertThat(second.join().revisions()).containsExactly(2);
    assertThatThrownBy(third::join).hasCauseInstanceOf(StoreException.Conflict.class);
    assertThat(fourth.join().revisions()).containsExactly(3);
    assertThat(fifth.join().revisions()).containsExactly(4);
    assertThat(document(A)).isEqualTo("5");
  }

  @Test
  void relaxedCommitsAreVisibleToo() {
    var commit = store.commit(new Transaction(List.of(put(A, "a")), Durability.RELAXED)).join();

    assertThat(commit.revisions()).containsExactly(store.revision());
    assertThat(document(A)).isEqualTo("a");
  }

  @Test
  void aTransactionMayBeAsLargeAsAllowed() {
    var steps = new ArrayList<Step>();
    for (var i = 0; i < Transaction.MAX_WRITES; i++) {
      steps.add(put(new ObjectKey("pods", "default", "p" + i), "x".repeat(20_000)));
    }

    store.commit(Transaction.of(steps)).join();

    assertThat(store.count(Scope.of("pods"), 0)).isEqualTo(Transaction.MAX_WRITES);
  }

  @Test
  void scopesDoNotRunIntoEachOther() {
    var keys =
        List.of(
            new ObjectKey("nodes", "", "n"),
            new ObjectKey("nodes.x", "", "n"),
            new ObjectKey("pods", "", "cluster-wide"),
            new ObjectKey("pods", "a", "b"),
            new ObjectKey("pods", "a", "b-c"),
            new ObjectKey("pods", "a", "b.c"),
            new ObjectKey("pods", "a-b", "c"),
            new ObjectKey("pods", "ab", "c"),
            new ObjectKey("podtemplates", "a", "b"));
    // Written against their order.
    keys.reversed().forEach(key -> commit(put(key, key.toString())));

    var scopes = new ArrayList<Scope>();
    scopes.add(Scope.everything());
    scopes.addAll(List.of(Scope.of("pods"), Scope.of("nodes"), Scope.of("pod"), Scope.of("x")));
    scopes.addAll(List.of(Scope.of("pods", "a"), Scope.of("pods", ""), Scope.of("pods", "b")));
    keys.forEach(key -> scopes.add(Scope.of(key)));
    scopes.add(Scope.of(new ObjectKey("pods", "a", "nothing")));
    for (var scope : scopes) {
      assertThat(store.list(scope, 0, null, 0).objects())
          .as("%s", scope)
          .extracting(StoredObject::key)
          .containsExactlyElementsOf(keys.stream().filter(scope::contains).toList());
      assertThat(store.count(scope, 0)).isEqualTo(keys.stream().filter(scope::contains).count());
    }
  }

  @Test
  void pagesAreReadAtOneRevision() {
    for (var name : List.of("a", "b", "c", "d", "e")) {
      commit(put(new ObjectKey("pods", "default", name), "old"));
    }

    var first = store.list(Scope.of("pods"), 0, null, 2);
    commit(
        put(A, "new"), new Delete(C, present()), put(new ObjectKey("pods", "default", "d"), "new"));
    commit(put(new ObjectKey("pods", "default", "cc"), "new"));
    var second = store.list(Scope.of("pods"), first.revision(), first.next(), 2);
    var third = store.list(Scope.of("pods"), first.revision(), second.next(), 2);

    assertThat(show(first)).containsExactly("a@1", "b@2");
    assertThat(first.next()).isEqualTo(B);
    assertThat(show(second)).containsExactly("c@3", "d@4");
    assertThat(second.revision()).isEqualTo(first.revision());
    assertThat(show(third)).containsExactly("e@5");
    assertThat(third.next()).isNull();
    assertThat(show(store.list(Scope.of("pods"), 0, null, 0)))
        .containsExactly("a@6", "b@2", "cc@9", "d@8", "e@5");
  }

  @Test
  void aPageThatIsJustFullEndsTheList() {
    commit(put(A, "a"), put(B, "b"));
    commit(put(C, "c"), put(B, "b2"));
    commit(new Delete(C, present()));

    var page = store.list(Scope.of("pods"), 0, null, 2);

    assertThat(show(page)).containsExactly("a@1", "b@4");
    assertThat(page.next()).isNull();
  }

  @Test
  void everyRetainedRevisionCanBeRead() {
    commit(put(A, "1"));
    commit(put(A, "2"), put(B, "3"));
    commit(new Delete(A, at(2)));
    commit(put(A, "5"));

    assertThat(show(store.list(Scope.of("pods"), 1, null, 0))).containsExactly("a@1");
    assertThat(show(store.list(Scope.of("pods"), 2, null, 0))).containsExactly("a@2");
    assertThat(show(store.list(Scope.of("pods"), 3, null, 0))).containsExactly("a@2", "b@3");
    assertThat(show(store.list(Scope.of("pods"), 4, null, 0))).containsExactly("b@3");
    assertThat(show(store.list(Scope.of("pods"), 5, null, 0))).containsExactly("a@5", "b@3");
    assertThat(store.count(Scope.of("pods"), 4)).isEqualTo(1);
    assertThatThrownBy(() -> store.list(Scope.of("pods"), 6, null, 0))
        .isInstanceOf(StoreException.FutureRevision.class);
    assertThatThrownBy(() -> store.count(Scope.of("pods"), 6))
        .isInstanceOf(StoreException.FutureRevision.class);
  }

  @Test
  void anObjectWithManyVersionsIsReadAtAnyOfThem() {
    commit(put(A, "a"), put(C, "c"));
    for (var i = 3; i <= 100; i++) {
      commit(put(B, "" + i));
    }

    for (var revision : List.of(2, 3, 50, 99, 100)) {
      assertThat(show(store.list(Scope.of("pods"), revision, null, 0)))
          .isEqualTo(
              revision == 2 ? List.of("a@1", "c@2") : List.of("a@1", "b@" + revision, "c@2"));
    }
  }

  @Test
  void compactedHistoryIsRefusedAndTheRestStays() {
    commit(put(A, "1"));
    commit(put(A, "2"));
    commit(put(B, "3"));
    commit(new Delete(B, present()));
    commit(put(C, "5"));
    commit(put(A, "6"));

    compact(4);

    var refused =
        catchThrowableOfType(
            StoreException.Compacted.class, () -> store.list(Scope.of("pods"), 3, null, 0));
    assertThat(refused.oldest()).isEqualTo(4);
    assertThatThrownBy(() -> store.count(Scope.of("pods"), 1))
        .isInstanceOf(StoreException.Compacted.class);
    assertThat(show(store.list(Scope.of("pods"), 4, null, 0))).containsExactly("a@2");
    assertThat(show(store.list(Scope.of("pods"), 5, null, 0))).containsExactly("a@2", "c@5");
    assertThat(show(store.list(Scope.of("pods"), 0, null, 0))).containsExactly("a@6", "c@5");
    assertThat(store.get(B)).isEmpty();

    compact(6);
    assertThat(show(store.list(Scope.of("pods"), 6, null, 0))).containsExactly("a@6", "c@5");
    assertThat(commit(new Put(B, absent(), bytes("7"))).revisions()).containsExactly(7);
  }

  @Test
  void aClosedStoreDoesNothingMore() {
    commit(put(A, "a"));

    store.close();
    store.close();

    assertThatThrownBy(() -> store.get(A)).isInstanceOf(StoreException.Broken.class);
    assertThatThrownBy(() -> store.list(Scope.everything(), 0, null, 0))
        .isInstanceOf(StoreException.Broken.class);
    assertThatThrownBy(() -> store.watch(Scope.everything(), 0))
        .isInstanceOf(StoreException.Broken.class);
    var late = store.commit(Transaction.of(put(B, "b")));
    assertThatThrownBy(late::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StoreException.Broken.class);
  }

  /** Commits one transaction and waits for it. */
  protected final Commit commit(Step... steps) {
    return store.commit(Transaction.of(steps)).join();
  }

  protected static Put put(ObjectKey key, String document) {
    return new Put(key, anything(), bytes(document));
  }

  protected static byte[] bytes(String document) {
    return document.getBytes(UTF_8);
  }

  protected final @Nullable String document(ObjectKey key) {
    return store.get(key).map(object -> new String(object.document(), UTF_8)).orElse(null);
  }

  /** Each object as {@code name@revision}. */
  protected static List<String> show(Listing listing) {
    return listing.objects().stream()
        .map(object -> object.key().name() + "@" + object.revision())
        .toList();
  }

  private void assertConflict(Step step, Expectation expected, long actual, Step... others) {
    var steps = new ArrayList<>(List.of(others));
    steps.removeIf(other -> other.key().equals(step.key()));
    steps.add(step);
    assertThatThrownBy(() -> store.commit(Transaction.of(steps)).join())
        .cause()
        .isInstanceOfSatisfying(
            StoreException.Conflict.class,
            conflict -> {
              assertThat(conflict.key()).isEqualTo(step.key());
              assertThat(conflict.expected()).isEqualTo(expected);
              assertThat(conflict.actual()).isEqualTo(actual);
            });
  }
}
