package dev.berth.core.lifecycle;

import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.storage.Transaction;

/** The finalizers that are ours to set or to give up. */
final class Finalizers {
  static final String CLAIM_PROTECTION = "kubernetes.io/pvc-protection";
  static final String VOLUME_PROTECTION = "kubernetes.io/pv-protection";
  static final String FOREGROUND = "foregroundDeletion";
  static final String ORPHAN = "orphan";

  private Finalizers() {}

  static boolean has(Observed<?> object, String finalizer) {
    return object.view().metadata().finalizers().contains(finalizer);
  }

  /** Sets a finalizer that the object has not got. */
  static Transaction.Step add(Observed<?> object, String finalizer) {
    var edit = Edit.of(object);
    edit.array("metadata", "finalizers").add(finalizer);
    return edit.touch().toStep();
  }
}
