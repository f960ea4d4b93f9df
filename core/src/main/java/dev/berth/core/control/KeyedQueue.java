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
  private final Timers planned = new Timers();
  private final Timers retries = new Timers();
  private final Map<ObjectKey, Integer> failures = new HashMap<>();
  private Instant newest = Instant.EPOCH;

  /**
   * @param reconciler who says which transitions wake which keys
   */
  public KeyedQueue(Reconciler reconciler) {
    this.reconciler = reconciler;
  }

  /** What happens to a key that waits for its next try does not make that try earlier. */
  @Override
  public void observe(Transition transition, ClusterView view, Instant now) {
    reconciler.wakes(
        transition,
        view,
        key -> {
          if (retries.timeOf(key) == null) {
            add(key, now);
          }
        });
  }

  @Override
  public void add(ObjectKey key, Instant now) {
    newest = now;
    retries.cancel(key);
    due.add(key);
  }

  @Override
  public @Nullable ObjectKey poll(Instant now) {
    newest = now;
    addDue(planned, now);
    addDue(retries, now);
    return due.isEmpty() ? null : due.removeFirst();
  }

  private void addDue(Timers timers, Instant now) {
    for (var key = timers.pollDue(now); key != null; key = timers.pollDue(now)) {
      due.add(key);
    }
  }

  @Override
  public void decided(ObjectKey key, Plan.Next next, Instant now) {
    switch (next) {
      case Plan.At(var time) -> planned.set(key, time);
      case Plan.Whenever() -> planned.cancel(key);
      case Plan.Settled(var busy) -> planned.cancel(key);
      case Plan.Relieved(var by) -> planned.cancel(key);
    }
  }

  @Override
  public void failed(ObjectKey key, boolean fresh, Instant now) {
    var count = failures.merge(key, 1, Integer::sum);
    if (fresh && count == 1) {
      due.add(key);
    } else {
      due.remove(key);
      retries.set(key, now.plus(BACKOFF.after(count)));
    }
  }

  @Override
  public void succeeded(ObjectKey key) {
    failures.remove(key);
  }

  @Override
  public @Nullable Instant next() {
    if (!due.isEmpty()) {
      return newest;
    }
    var plan = planned.next();
    var retry = retries.next();
    if (plan == null || retry == null) {
      return plan == null ? retry : plan;
    }
    return plan.isBefore(retry) ? plan : retry;
  }

  @Override
  public int size() {
    return due.size() + planned.size() + retries.size();
  }

  @Override
  public void clear() {
    due.clear();
    planned.clear();
    retries.clear();
    failures.clear();
  }
}
