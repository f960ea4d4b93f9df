package dev.berth.core.control;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Transaction;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** The decisions whose transactions the store has not answered yet. */
final class Commits {

  /** A decision on its way. */
  record Decision(long proposal, Controller controller, ObjectKey key, Plan plan) {}

  /** Its answer: a commit or a failure. */
  record Answer(Decision decision, @Nullable Commit commit, @Nullable Throwable failure) {}

  private final ObjectStore store;
  private final Runnable wake;
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private int inFlight;

  /**
   * @param wake is run on the store's thread when there is an answer
   */
  Commits(ObjectStore store, Runnable wake) {
    this.store = store;
    this.wake = wake;
  }

  void submit(Decision decision, Transaction transaction) {
    inFlight++;
    store
        .commit(transaction)
        .whenComplete(
            (commit, failure) -> {
              answers.add(new Answer(decision, commit, unwrapped(failure)));
              wake.run();
            });
  }

  private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Nullable Answer poll() {
    var answer = answers.poll();
    if (answer != null) {
      inFlight--;
    }
    return answer;
  }

  int inFlight() {
    return inFlight;
  }
}
