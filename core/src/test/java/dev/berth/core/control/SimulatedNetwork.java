package dev.berth.core.control;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Watch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What lies between a decider and the store: transactions, answers and changes take their time;
 * transactions and answers get lost; changes come twice. The order is kept.
 */
final class SimulatedNetwork implements ObjectStore {

  /** What happens to a transaction on its way. */
  enum Fate {
    ARRIVES,
    /** It never arrives, and the decider is told that nothing is known of it. */
    LOST,
    /** It arrives, and the decider is told that nothing is known of it. */
    ANSWER_LOST
  }

  /** Sees transactions when they are decided. */
  interface Tap {
    /**
     * @param seen the revision that the decider has seen
     * @param inFlight what it has written without knowing what became of it
     */
    void sent(Transaction transaction, long seen, Set<ObjectKey> inFlight);
  }

  private record Sent(Transaction transaction, CompletableFuture<Commit> answer) {}

  private record Answer(Transaction transaction, Runnable delivery) {}

  private final ObjectStore store;
  private final Random random;
  private final PlantedBug bug;
  private final Tap tap;
  private final Deque<Sent> sent = new ArrayDeque<>();
  private final Deque<Answer> answers = new ArrayDeque<>();
  private final Set<ObjectKey> neverAnswered = new HashSet<>();
  private @Nullable SlowWatch watch;
  private long seen;
  private boolean dead;

  /**
   * @param bug what is wrong with this decider's way to the store
   */
  SimulatedNetwork(ObjectStore store, Random random, PlantedBug bug, Tap tap) {
    this.store = store;
    this.random = random;
    this.bug = bug;
    this.tap = tap;
  }

  @Override
  public CompletableFuture<Commit> commit(Transaction transaction) {
    var answer = new CompletableFuture<Commit>();
    tap.sent(transaction, seen, inFlight());
    sent.add(new Sent(transaction, answer));
    return answer;
  }

  private Set<ObjectKey> inFlight() {
    var keys = new HashSet<>(neverAnswered);
    sent.forEach(each -> addKeys(each.transaction(), keys));
    answers.forEach(each -> addKeys(each.transaction(), keys));
    return keys;
  }

  private static void addKeys(Transaction transaction, Set<ObjectKey> keys) {
    transaction.steps().forEach(step -> keys.add(step.key()));
  }

  /** Lets the oldest transaction arrive, or not; false when none is on its way. */
  boolean arrive(Fate fate) {
    var next = sent.poll();
    if (next == null) {
      return false;
    }
    var outcome = fate == Fate.LOST ? null : apply(next.transaction());
    var told = fate == Fate.ARRIVES ? outcome : null;
    if (told == null) {
      addKeys(next.transaction(), neverAnswered);
    }
    if (!dead) {
      answers.add(new Answer(next.transaction(), () -> answer(next, told)));
    }
    return true;
  }

  private void answer(Sent sent, @Nullable CompletableFuture<Commit> outcome) {
    var answer = sent.answer();
    if (outcome == null) {
      answer.completeExceptionally(
          bug == PlantedBug.UNKNOWN_IS_FAILURE
              ? pretendedConflict(sent.transaction())
              : new StoreException.Unavailable("no answer", null));
      return;
    }
    try {
      answer.complete(outcome.join());
    } catch (CompletionException e) {
      answer.completeExceptionally(e.getCause() == null ? e : e.getCause());
    }
  }

  private StoreException.Conflict pretendedConflict(Transaction transaction) {
    var step = transaction.steps().getFirst();
    var actual = store.get(step.key()).map(StoredObject::revision).orElse(0L);
    return new StoreException.Conflict(step.key(), step.expected(), actual);
  }

  /** Commits it; of a distorted one, the first failure is the outcome of all. */
  private CompletableFuture<Commit> apply(Transaction transaction) {
    var parts = bug.distort(transaction);
    if (parts.size() == 1) {
      return store.commit(parts.getFirst());
    }
    var revisions = new long[transaction.steps().size()];
    var newest = 0L;
    for (var part : parts) {
      var outcome = store.commit(part);
      if (outcome.isCompletedExceptionally()) {
        return outcome;
      }
      var commit = outcome.join();
      newest = commit.revision();
      for (var i = 0; i < part.steps().size(); i++) {
        for (var j = 0; j < revisions.length; j++) {
          if (transaction.steps().get(j).key().equals(part.steps().get(i).key())) {
            revisions[j] = commit.revisions()[i];
          }
        }
      }
    }
    return CompletableFuture.completedFuture(new Commit(revisions, newest));
  }

  /** Brings the oldest answer; false when none is on its way. */
  boolean answer() {
    var next = answers.poll();
    if (next == null) {
      return false;
    }
    next.delivery().run();
    return true;
  }

  /** Lets so many changes through next, and holds back the rest. */
  void letChangesThrough(int count) {
    if (watch != null) {
      watch.budget = Math.max(watch.budget, count);
      watch.ready();
    }
  }

  /** The decider has died: what it sent may still arrive, but nobody hears of it. */
  void kill() {
    dead = true;
    answers.clear();
    if (watch != null) {
      watch.close();
    }
  }

  /** Changes that wait for their time, and now and then come again. */
  private final class SlowWatch implements Watch {
    private final Watch source;
    private final List<Change> recent = new ArrayList<>();
    private @Nullable Runnable ready;
    private int budget;
    private long progress;

    SlowWatch(Watch source, long revision) {
      this.source = source;
      this.progress = revision;
    }

    @Override
    public Batch take(int most) {
      if (budget == 0) {
        return new Changes(List.of(), progress);
      }
      return switch (source.take(Math.min(most, budget))) {
        case Ended ended -> ended;
        case Changes(var changes, var reached) -> {
          budget -= changes.size();
          progress = reached;
          seen = Math.max(seen, reached);
          yield new Changes(withRepetitions(changes), reached);
        }
      };
    }

    private List<Change> withRepetitions(List<Change> changes) {
      var all = new ArrayList<Change>();
      if (!recent.isEmpty() && random.nextInt(5) == 0) {
        all.addAll(recent.subList(random.nextInt(recent.size()), recent.size()));
      }
      all.addAll(changes);
      recent.addAll(changes);
      while (recent.size() > 5) {
        recent.removeFirst();
      }
      return all;
    }

    @Override
    public void onReady(Runnable ready) {
      this.ready = ready;
      source.onReady(this::ready);
    }

    void ready() {
      if (ready != null) {
        ready.run();
      }
    }

    @Override
    public void close() {
      source.close();
    }
  }

  @Override
  public Watch watch(Scope scope, long revision) {
    var opened = new SlowWatch(store.watch(scope, revision), revision);
    seen = Math.max(seen, revision);
    watch = opened;
    return opened;
  }

  @Override
  public long revision() {
    return store.revision();
  }

  @Override
  public Optional<StoredObject> get(ObjectKey key) {
    return store.get(key);
  }

  @Override
  public Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit) {
    return store.list(scope, revision, after, limit);
  }

  @Override
  public long count(Scope scope, long revision) {
    return store.count(scope, revision);
  }

  @Override
  public void close() {}
}
