package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.observe.Meters;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions do not keep the loop from deciding. */
class InquiriesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int KEYS = 3 * Inquiries.DECISIONS_BETWEEN;

  private final InMemoryObjectStore store = new InMemoryObjectStore(100_000);
  private final Counting counting = new Counting();
  private final ControlLoop loop =
      new ControlLoop(
          store,
          List.of(Controller.of("counting", counting)),
          (involved, type, reason, message) -> {},
          new TestCluster.FailingFaultHandler(),
          Meters.none(),
          "test");

  /** Has nothing to write about any key, or a note each time. */
  private static final class Counting implements Reconciler {
    private int decisions;
    private boolean writes;

    @Override
    public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
      decisions++;
      if (!writes) {
        return Plan.NOTHING;
      }
      var note = Manifest.volume("note-" + decisions, "1Gi");
      var put = new Transaction.Put(note.key(), Expectation.absent(), note.document());
      return new Plan(List.of(put), List.of(), new Plan.Whenever());
    }

    @Override
    public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
      wake.accept(transition.key());
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private void settle() {
    while (loop.step(NOW).more()) {}
  }

  private List<CompletableFuture<Integer>> ask(int times) {
    var answers = new ArrayList<CompletableFuture<Integer>>();
    for (var i = 0; i < times; i++) {
      answers.add(loop.ask(0, view -> counting.decisions));
    }
    return answers;
  }

  private void makeKeys() {
    for (var i = 0; i < KEYS; i++) {
      var manifest = Manifest.volume("v-" + i, "1Gi");
      store
          .commit(
              Transaction.of(
                  new Transaction.Put(manifest.key(), Expectation.absent(), manifest.document())))
          .join();
    }
  }

  @Test
  void manyDecisionsComeBetweenTwoAnswers() {
    makeKeys();
    var answers = ask(4);
    settle();
    var before = answers.getFirst().join();
    for (var answer : answers.subList(1, answers.size())) {
      assertThat(answer.join()).isGreaterThanOrEqualTo(before + Inquiries.DECISIONS_BETWEEN);
      before = answer.join();
    }
  }

  @Test
  void aLoopWithNothingToDecideAnswersAll() {
    settle();
    var decisions = counting.decisions;
    assertThat(ask(10)).allSatisfy(answer -> assertThat(answer).isNotDone());
    var answers = ask(10);
    settle();
    assertThat(answers).allSatisfy(answer -> assertThat(answer).isCompletedWithValue(decisions));
  }

  @Test
  void aLoopThatWaitsForTheStoreAnswersAll() {
    settle();
    makeKeys();
    store.holdCommits();
    counting.writes = true;
    settle();
    var decisions = counting.decisions;
    assertThat(decisions).as("not all, for want of answers").isLessThan(KEYS);
    var answers = ask(10);
    settle();
    assertThat(answers).allSatisfy(answer -> assertThat(answer).isCompletedWithValue(decisions));
  }

  @Test
  void whoAsksForWhatIsNotThereYetIsToldWhenTheLoopEnds() {
    var answer = loop.ask(Long.MAX_VALUE, view -> counting.decisions);
    settle();
    assertThat(answer).isNotDone();
    loop.close();
    assertThat(answer).isCancelled();
    assertThat(loop.ask(0, view -> counting.decisions)).isCancelled();
  }
}
