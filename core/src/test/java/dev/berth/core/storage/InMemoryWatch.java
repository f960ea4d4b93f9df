package dev.berth.core.storage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A watch of an {@link InMemoryObjectStore}. As in the real store it first reads the log, at the
 * pace of its taker; when it has come to its end, it is live: changes are put into its buffer, and
 * it fails when they do not fit.
 *
 * <p>Guarded by the store's lock.
 */
final class InMemoryWatch implements Watch, SimulatedFeed {
  private final InMemoryObjectStore store;
  private final Scope scope;
  private final int bound;
  private final Deque<Change> buffer = new ArrayDeque<>();
  private final Deque<Change> onTheWay = new ArrayDeque<>();

  /** Everything up to here was taken, or is in the buffer. */
  private long position;

  /** Nothing beyond arrives. */
  private long gate = Long.MAX_VALUE;

  private boolean live;
  private boolean ended;
  private @Nullable StoreException cause;
  private @Nullable Runnable ready;

  InMemoryWatch(InMemoryObjectStore store, Scope scope, long revision, int bound) {
    this.store = store;
    this.scope = scope;
    this.position = revision;
    this.bound = bound;
    this.live = revision == store.newest();
  }

  @Override
  public Batch take(int most) {
    return store.locked(
        after -> {
          var taken = new ArrayList<Change>();
          while (taken.size() < most) {
            var change = next();
            if (change == null) {
              break;
            }
            taken.add(change);
          }
          settle(after);
          if (taken.isEmpty() && ended) {
            return new Ended(cause);
          }
          var all = buffer.isEmpty() && !ended;
          return new Changes(
              List.copyOf(taken), all || taken.isEmpty() ? position : taken.getLast().revision());
        });
  }

  private @Nullable Change next() {
    if (buffer.isEmpty() && !live && !ended) {
      readLog();
    }
    return buffer.poll();
  }

  /** Takes one matching change from the log into the buffer, if there is one and it may arrive. */
  private void readLog() {
    var next = store.nextInLog(position, this::isWanted);
    if (next != null && next.revision() <= gate) {
      buffer.add(next);
      position = next.revision();
    } else {
      position = Math.max(position, Math.min(gate, store.newest()));
    }
    live = position == store.newest();
  }

  private boolean isWanted(Change change) {
    return scope.contains(change.key());
  }

  /** Takes over what was just committed, and is in the log already. */
  void publish(List<Change> changes, List<Runnable> after) {
    if (live) {
      changes.stream().filter(this::isWanted).forEach(onTheWay::add);
    }
    settle(after);
  }

  /** Lets arrive what may arrive, notices what is no longer possible, and tells the taker. */
  void settle(List<Runnable> after) {
    if (ended) {
      return;
    }
    if (!live && position < store.compacted()) {
      end(new StoreException.Compacted(position, store.compacted()), after);
      return;
    }
    if (!live && buffer.isEmpty()) {
      readLog();
    }
    while (!onTheWay.isEmpty() && onTheWay.getFirst().revision() <= gate) {
      if (buffer.size() == bound) {
        end(new StoreException.TooSlow(bound), after);
        return;
      }
      var change = onTheWay.removeFirst();
      buffer.add(change);
      position = change.revision();
    }
    if (live) {
      position = Math.max(position, Math.min(gate, store.newest()));
    }
    if (ready != null && hasSomething()) {
      after.add(ready);
    }
  }

  private boolean hasSomething() {
    return !buffer.isEmpty() || ended;
  }

  void end(@Nullable StoreException why, List<Runnable> after) {
    if (ended) {
      return;
    }
    ended = true;
    cause = why;
    onTheWay.clear();
    store.forget(this);
    if (ready != null) {
      after.add(ready);
    }
  }

  @Override
  public void onReady(Runnable ready) {
    store.locked(
        after -> {
          this.ready = ready;
          if (hasSomething()) {
            after.add(ready);
          }
          return null;
        });
  }

  @Override
  public void close() {
    store.locked(
        after -> {
          buffer.clear();
          end(null, after);
          return null;
        });
  }

  @Override
  public Scope scope() {
    return scope;
  }

  @Override
  public long position() {
    return store.locked(after -> position);
  }

  @Override
  public int delayed() {
    return store.locked(after -> live ? onTheWay.size() : store.countInLog(gate, this::isWanted));
  }

  @Override
  public void hold() {
    store.locked(
        after -> {
          holdAt(position);
          return null;
        });
  }

  void holdAt(long revision) {
    gate = revision;
  }

  @Override
  public boolean deliverNext() {
    return store.locked(
        after -> {
          var next = live ? onTheWay.peekFirst() : store.nextInLog(gate, this::isWanted);
          if (next == null) {
            return false;
          }
          gate = next.revision();
          settle(after);
          return true;
        });
  }

  @Override
  public void deliverThrough(long revision) {
    store.locked(
        after -> {
          gate = Math.max(position, revision);
          settle(after);
          return null;
        });
  }

  @Override
  public void release() {
    deliverThrough(Long.MAX_VALUE);
  }

  @Override
  public void fail(StoreException why) {
    store.locked(
        after -> {
          end(why, after);
          return null;
        });
  }
}
