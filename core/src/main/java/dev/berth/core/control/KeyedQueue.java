package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** First come, first served; a key whose decision fails waits longer each time. */
public final class KeyedQueue implements WorkQueue {

  /** Waits between a conflict and the next try, when nothing new arrives before. */
  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(5), Duration.ofSeconds(30));

  private final Reconciler reconciler;
  private final LinkedHashSet<ObjectKey> due = new LinkedHashSet<>();
  private final Timers timers = new Timers();
  private final Map<ObjectKey, Integer> failures = new HashMap<>();
  private Instant newest = Instant.EPOCH;

  /**
   * @param reconciler who says which transitions wake which keys
   */
  public KeyedQueue(Reconciler reconciler) {
    this.reconciler = reconciler;
  }

  @Override
  public void observe(Transition transition, ClusterView view, Instant now) {
    reconciler.wakes(transition, view, key -> add(key, now));
  }

  @Override
  public void add(ObjectKey key, Instant now) {
    newest = now;
    due.add(key);
  }

  @Override
  public @Nullable ObjectKey poll(Instant now) {
    newest = now;
    for (var key = timers.pollDue(now); key != null; key = timers.pollDue(now)) {
      due.add(key);
    }
    return due.isEmpty() ? null : due.removeFirst();
  }

  @Override
  public void decided(ObjectKey key, Plan.Next next, Instant now) {
    switch (next) {
      case Plan.At(var time) -> timers.set(key, time);
      case Plan.Whenever() -> timers.cancel(key);
      case Plan.Settled(var busy) -> timers.cancel(key);
      case Plan.Relieved(var by) -> timers.cancel(key);
    }
  }

  @Override
  public void failed(ObjectKey key, boolean fresh, Instant now) {
    var count = failures.merge(key, 1, Integer::sum);
    if (fresh && count == 1) {
      due.add(key);
    } else {
      timers.setNotLater(key, now.plus(BACKOFF.after(count)));
    }
  }

  @Override
  public void succeeded(ObjectKey key) {
    failures.remove(key);
  }

  @Override
  public @Nullable Instant next() {
    return due.isEmpty() ? timers.next() : newest;
  }

  @Override
  public int size() {
    return due.size() + timers.size();
  }

  @Override
  public void clear() {
    due.clear();
    timers.clear();
    failures.clear();
  }
}
