package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;

/** Mistakes about claims that are bound together, and the pods that use them. */
final class PlantedGrouping {
  private static final PodIndex NOBODY = new PodIndex();

  private PlantedGrouping() {}

  /** Whatever was made for a group stays, also when the rest of it cannot be had there. */
  static Reconciler keeping(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(view, key, now);
        return plan.steps().stream().anyMatch(PlantedGrouping::givesBack) ? Plan.NOTHING : plan;
      }
    };
  }

  private static boolean givesBack(Transaction.Step step) {
    return step instanceof Transaction.Put(var key, var expected, var document)
        && Keys.is(key, ResourceTypes.VOLUME)
        && ProvisionProtocol.of(Json.view(document, PersistentVolume.class))
            instanceof ProvisionProtocol.Cancelled;
  }

  /** A volume that becomes free is offered to no group. */
  static Reconciler unsociable(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(view, key, now);
        var bound =
            plan.steps().stream()
                .filter(
                    step ->
                        step instanceof Transaction.Put(var claim, var expected, var document)
                            && Keys.is(claim, ResourceTypes.CLAIM)
                            && !Json.view(document, PersistentVolumeClaim.class)
                                .volumeGroup()
                                .isEmpty())
                .count();
        return bound > 0 ? Plan.NOTHING : plan;
      }
    };
  }

  /** Nobody looks who else uses the claims of a pod's group. */
  static Reconciler alone(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        return super.reconcile(withoutUsers(view), key, now);
      }
    };
  }

  private static ClusterView withoutUsers(ClusterView view) {
    return AlteredView.of(view, (asked, answer) -> asked.equals("pods") ? NOBODY : answer);
  }
}
