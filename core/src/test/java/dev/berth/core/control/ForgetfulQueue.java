package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Never tries again. */
record ForgetfulQueue(WorkQueue inner) implements WorkQueue {
  @Override
  public void observe(Transition transition, ClusterView view, Instant now) {
    inner.observe(transition, view, now);
  }

  @Override
  public void add(ObjectKey key, Instant now) {}

  @Override
  public @Nullable ObjectKey poll(Instant now) {
    return inner.poll(now);
  }

  @Override
  public void decided(ObjectKey key, Plan.Next next, Instant now) {
    inner.decided(key, next, now);
  }

  @Override
  public void failed(ObjectKey key, boolean fresh, Instant now) {}

  @Override
  public void succeeded(ObjectKey key) {
    inner.succeeded(key);
  }

  @Override
  public @Nullable Instant next() {
    return inner.next();
  }

  @Override
  public int size() {
    return inner.size();
  }

  @Override
  public void clear() {
    inner.clear();
  }
}
