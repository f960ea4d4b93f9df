package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** At most one point in time for each key. */
public final class Timers {

  private record Timer(Instant time, ObjectKey key) {
    static final Comparator<Timer> ORDER =
        Comparator.comparing(Timer::time).thenComparing(Timer::key);
  }

  private final Map<ObjectKey, Timer> byKey = new HashMap<>();
  private final TreeSet<Timer> inOrder = new TreeSet<>(Timer.ORDER);

  /** Sets the time of the key, whatever it was. */
  public void set(ObjectKey key, Instant time) {
    cancel(key);
    var timer = new Timer(time, key);
    byKey.put(key, timer);
    inOrder.add(timer);
  }

  public void cancel(ObjectKey key) {
    var timer = byKey.remove(key);
    if (timer != null) {
      inOrder.remove(timer);
    }
  }

  /** The time of the key, null without one. */
  public @Nullable Instant timeOf(ObjectKey key) {
    var timer = byKey.get(key);
    return timer == null ? null : timer.time();
  }

  /** Removes and returns the earliest key whose time has come; null for none. */
  public @Nullable ObjectKey pollDue(Instant now) {
    if (inOrder.isEmpty() || inOrder.first().time().isAfter(now)) {
      return null;
    }
    var timer = inOrder.removeFirst();
    byKey.remove(timer.key());
    return timer.key();
  }

  /** The earliest time, null without any. */
  public @Nullable Instant next() {
    return inOrder.isEmpty() ? null : inOrder.first().time();
  }

  public int size() {
    return byKey.size();
  }

  public void clear() {
    byKey.clear();
    inOrder.clear();
  }
}
