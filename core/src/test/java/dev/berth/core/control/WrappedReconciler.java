package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.function.Consumer;

/** A reconciler that does something else now and then. */
abstract class WrappedReconciler implements Reconciler {
  private final Reconciler inner;

  WrappedReconciler(Reconciler inner) {
    this.inner = inner;
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    return inner.reconcile(view, key, now);
  }

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    inner.wakes(transition, view, wake);
  }
}
