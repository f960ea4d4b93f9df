package dev.berth.core.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The object store for tests and simulations, held to the same contract as the real one. It has no
 * thread: whoever calls it does its work, so a single-threaded test is deterministic. It may be
 * used from many threads, too. Completions and ready callbacks run after its lock was given up, on
 * the thread of the call that caused them.
 *
 * <p>Commits are applied and answered within {@link #commit} unless they are held back ({@link
 * #holdCommits}); what is held back is neither checked nor visible. {@link #setFaults} makes them
 * fail. Each watch is a {@link SimulatedFeed}, whose changes can be delayed.
 */
public final class InMemoryObjectStore implements ObjectStore {

  /** Most changes that wait for a watcher, unless said otherwise. */
  public static final int WATCH_BUFFER = 1000;

  private record Pending(Transaction transaction, CompletableFuture<Commit> answer) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final int watchBuffer;
  private final VersionHistory versions;
  private final TreeMap<Long, Change> log = new TreeMap<>();
  private final List<InMemoryWatch> watches = new ArrayList<>();
  private final Deque<Pending> queue = new ArrayDeque<>();
  private CommitFaults faults = CommitFaults.none();
  private boolean holdsCommits;
  private boolean holdsNewFeeds;
  private boolean closed;
  private long newest;
  private long newestDurable;
  private long compacted;

  public InMemoryObjectStore() {
    this(WATCH_BUFFER);
  }

  /**
   * @param watchBuffer most changes that wait for a watcher before it is failed as too slow
   */
  public InMemoryObjectStore(int watchBuffer) {
    this(watchBuffer, new VersionHistory());
  }

  private InMemoryObjectStore(int watchBuffer, VersionHistory versions) {
    this.watchBuffer = watchBuffer;
    this.versions = versions;
  }

  @Override
  public long revision() {
    return locked(
        after -> {
          requireOpen();
          return newest;
        });
  }

  @Override
  public Optional<StoredObject> get(ObjectKey key) {
    return locked(
        after -> {
          requireOpen();
          return Optional.ofNullable(versions.at(key, newest));
        });
  }

  @Override
  public Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit) {
    return locked(
        callbacks -> {
          var at = readable(revision);
          var objects = new ArrayList<StoredObject>();
          for (var key : versions.keysAfter(after)) {
            var object = scope.contains(key) ? versions.at(key, at) : null;
            if (object == null) {
              continue;
            }
            if (limit > 0 && objects.size() == limit) {
              return new Listing(at, List.copyOf(objects), objects.getLast().key());
            }
            objects.add(object);
          }
          return new Listing(at, List.copyOf(objects), null);
        });
  }

  @Override
  public long count(Scope scope, long revision) {
    return list(scope, revision, null, 0).objects().size();
  }

  @Override
  public CompletableFuture<Commit> commit(Transaction transaction) {
    return locked(
        after -> {
          var answer = new CompletableFuture<Commit>();
          if (closed) {
            answer.completeExceptionally(closedFailure());
            return answer;
          }
          queue.add(new Pending(transaction, answer));
          if (!holdsCommits) {
            commitAll(after);
          }
          return answer;
        });
  }

  @Override
  public Watch watch(Scope scope, long revision) {
    return locked(
        after -> {
          requireOpen();
          if (revision < compacted) {
            throw new StoreException.Compacted(revision, compacted);
          }
          if (revision > newest) {
            throw new StoreException.FutureRevision(revision, newest);
          }
          var watch = new InMemoryWatch(this, scope, revision, watchBuffer);
          if (holdsNewFeeds) {
            watch.holdAt(revision);
          }
          watches.add(watch);
          watch.settle(after);
          return watch;
        });
  }

  @Override
  public void close() {
    locked(
        after -> {
          if (!closed) {
            commitAll(after);
            shut(null, after);
          }
          return null;
        });
  }

  /** From now on commits wait until {@link #commitNext} or {@link #releaseCommits}. */
  public void holdCommits() {
    locked(after -> holdsCommits = true);
  }

  /** How many commits are held back. */
  public int heldCommits() {
    return locked(after -> queue.size());
  }

  /** Applies and answers the oldest commit that is held back; false when there is none. */
  public boolean commitNext() {
    return locked(this::commitOne);
  }

  /** Applies all that is held back, and holds back no more. */
  public void releaseCommits() {
    locked(
        after -> {
          holdsCommits = false;
          commitAll(after);
          return null;
        });
  }

  /** Names who decides what goes wrong with commits that are not yet applied. */
  public void setFaults(CommitFaults faults) {
    locked(after -> this.faults = faults);
  }

  /** Whether watches that are opened from now on start with their feed held. */
  public void holdNewFeeds(boolean hold) {
    locked(after -> holdsNewFeeds = hold);
  }

  /** The open watches in the order in which they were opened, each with its delays. */
  public List<SimulatedFeed> feeds() {
    return locked(after -> List.copyOf(watches));
  }

  /** Forgets the history before {@code revision}; watches that still need it fail. */
  public void compact(long revision) {
    locked(
        after -> {
          requireOpen();
          if (revision > newest) {
            throw new StoreException.FutureRevision(revision, newest);
          }
          if (revision <= compacted) {
            return null;
          }
          compacted = revision;
          newestDurable = newest;
          log.headMap(revision, true).clear();
          versions.forgetBefore(revision);
          List.copyOf(watches).forEach(watch -> watch.settle(after));
          return null;
        });
  }

  /**
   * Kills the process that holds this store and opens it again: what was held back is lost without
   * an answer, what was applied is there, and this instance is of no more use.
   */
  public InMemoryObjectStore reopenAfterKill() {
    return locked(after -> reopen(newest, after));
  }

  /**
   * Cuts the power and opens the store again: additionally loses what was committed {@link
   * Transaction.Durability#RELAXED} after the last synced commit. Its revisions are not used again.
   */
  public InMemoryObjectStore reopenAfterPowerCut() {
    return locked(after -> reopen(newestDurable, after));
  }

  private InMemoryObjectStore reopen(long through, List<Runnable> after) {
    requireOpen();
    var store = new InMemoryObjectStore(watchBuffer, versions.through(through));
    store.log.putAll(log.headMap(through, true));
    store.newest = newest;
    store.newestDurable = newest;
    store.compacted = Math.min(compacted, through);
    queue.clear();
    shut(closedFailure(), after);
    return store;
  }

  private void shut(@Nullable StoreException why, List<Runnable> after) {
    closed = true;
    List.copyOf(watches).forEach(watch -> watch.end(why, after));
  }

  private void commitAll(List<Runnable> after) {
    while (commitOne(after)) {}
  }

  private boolean commitOne(List<Runnable> after) {
    var pending = queue.poll();
    if (pending == null) {
      return false;
    }
    var answer = pending.answer();
    try {
      switch (faults.next(pending.transaction())) {
        case CommitFaults.Sound() -> {
          var commit = apply(pending.transaction(), after);
          after.add(() -> answer.complete(commit));
        }
        case CommitFaults.Refused(var why) -> after.add(() -> answer.completeExceptionally(why));
        case CommitFaults.AnswerLost(var why) -> {
          apply(pending.transaction(), after);
          after.add(() -> answer.completeExceptionally(why));
        }
      }
    } catch (StoreException.Conflict conflict) {
      after.add(() -> answer.completeExceptionally(conflict));
    }
    return true;
  }

  private Commit apply(Transaction transaction, List<Runnable> after) {
    var before = new HashMap<ObjectKey, StoredObject>();
    for (var step : transaction.steps()) {
      var object = versions.at(step.key(), newest);
      var revision = object == null ? 0 : object.revision();
      if (!step.expected().holdsFor(revision)) {
        throw new StoreException.Conflict(step.key(), step.expected(), revision);
      }
      if (object != null) {
        before.put(step.key(), object);
      }
    }
    var revisions = new long[transaction.steps().size()];
    var changes = new ArrayList<Change>();
    for (var i = 0; i < revisions.length; i++) {
      var step = transaction.steps().get(i);
      var old = before.get(step.key());
      var change = change(step, old, newest + 1);
      if (change == null) {
        revisions[i] = old == null ? 0 : old.revision();
        continue;
      }
      newest++;
      revisions[i] = newest;
      changes.add(change);
      log.put(newest, change);
      versions.put(step.key(), newest, change.after());
    }
    if (transaction.durability() == Transaction.Durability.SYNCED) {
      newestDurable = newest;
    }
    List.copyOf(watches).forEach(watch -> watch.publish(changes, after));
    return new Commit(revisions, newest);
  }

  private static @Nullable Change change(
      Transaction.Step step, @Nullable StoredObject old, long revision) {
    return switch (step) {
      case Transaction.Put(var key, var expected, var document) ->
          new Change(key, revision, old, new StoredObject(key, revision, document));
      case Transaction.Delete(var key, var expected) ->
          old == null ? null : new Change(key, revision, old, null);
      case Transaction.Check check -> null;
    };
  }

  private long readable(long revision) {
    requireOpen();
    var at = revision == 0 ? newest : revision;
    if (at < compacted) {
      throw new StoreException.Compacted(at, compacted);
    }
    if (at > newest) {
      throw new StoreException.FutureRevision(at, newest);
    }
    return at;
  }

  private void requireOpen() {
    if (closed) {
      throw closedFailure();
    }
  }

  private static StoreException.Broken closedFailure() {
    return new StoreException.Broken("the in-memory store has been closed", null);
  }

  /** The first change after {@code revision} that a watch wants. Under the lock. */
  @Nullable Change nextInLog(long revision, Predicate<Change> wanted) {
    for (var change : log.tailMap(revision, false).values()) {
      if (wanted.test(change)) {
        return change;
      }
    }
    return null;
  }

  /** How many changes after {@code revision} a watch wants. Under the lock. */
  int countInLog(long revision, Predicate<Change> wanted) {
    return (int) log.tailMap(revision, false).values().stream().filter(wanted).count();
  }

  /** Under the lock. */
  long newest() {
    return newest;
  }

  /** Under the lock. */
  long compacted() {
    return compacted;
  }

  /** Under the lock. */
  void forget(InMemoryWatch watch) {
    watches.remove(watch);
  }

  /** What is done under the lock, noting what to run when it has been given up. */
  interface Locked<T extends @Nullable Object> {
    T run(List<Runnable> after);
  }

  <T extends @Nullable Object> T locked(Locked<T> body) {
    var after = new ArrayList<Runnable>();
    var result = lockedOnly(body, after);
    after.forEach(Runnable::run);
    return result;
  }

  private <T extends @Nullable Object> T lockedOnly(Locked<T> body, List<Runnable> after) {
    lock.lock();
    try {
      return body.run(after);
    } finally {
      lock.unlock();
    }
  }
}
