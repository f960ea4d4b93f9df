package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.StorageClass;
import org.jspecify.annotations.Nullable;

/** What is written of a claim without a volume, and what its user is told. */
final class WaitingClaim {

  private WaitingClaim() {}

  /** It waits. */
  static Draft pending(Observed<PersistentVolumeClaim> claim) {
    return unbound(claim, PersistentVolumeClaim.PENDING);
  }

  /** It has no volume, in this phase. */
  static Draft unbound(Observed<PersistentVolumeClaim> claim, String phase) {
    return new Draft().write(edit(claim, phase));
  }

  /** What is written of it. */
  static Edit edit(Observed<PersistentVolumeClaim> claim, String phase) {
    return Edit.of(claim)
        .set(phase, "status", "phase")
        .remove("status", "accessModes")
        .remove("status", "capacity");
  }

  /** Whether the scheduler has chosen a node where the volume has to be made. */
  static boolean isSent(PersistentVolumeClaim claim) {
    return claim.metadata().annotations().containsKey(PersistentVolumeClaim.SELECTED_NODE);
  }

  /** A claim that gets its volume with the node of a pod. */
  static void explainDelay(ClusterView view, Observed<PersistentVolumeClaim> claim, Draft draft) {
    var waiting =
        view.pods().using(claim.key()).stream()
            .map(view::pod)
            .filter(pod -> pod != null && isUnscheduled(pod.view()))
            .map(pod -> pod.key().name())
            .toList();
    if (waiting.isEmpty()) {
      draft.normal(
          claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
    } else {
      draft.normal(
          claim,
          "WaitForPodScheduled",
          "waiting for pod %s to be scheduled".formatted(String.join(",", waiting)));
    }
  }

  private static boolean isUnscheduled(Pod pod) {
    return pod.nodeName().isEmpty() && !pod.finished() && !pod.metadata().deleting();
  }

  /** A claim that no volume fits. */
  static void explainMissing(
      Observed<PersistentVolumeClaim> claim, @Nullable Observed<StorageClass> type, Draft draft) {
    var name = claim.view().className();
    if (name.isEmpty()) {
      draft.normal(
          claim,
          "FailedBinding",
          "no persistent volumes available for this claim and no storage class is set");
    } else if (type == null) {
      draft.warning(
          claim,
          "ProvisioningFailed",
          "storageclass.storage.k8s.io \"%s\" not found".formatted(name)
              + ", and no volume that names this class fits the claim");
    } else if (type.view().provisioner().equals(StorageClass.NO_PROVISIONER)) {
      draft.normal(
          claim,
          "FailedBinding",
          "no volume of class \"%s\" fits this claim%s, and the class makes none (%s): create one"
              .formatted(name, apart(claim.view()), StorageClass.NO_PROVISIONER));
    } else if (Provisioning.isUnserved(type.view())) {
      draft.warning(
          claim,
          "ProvisioningFailed",
          ("no volume of class \"%s\" fits this claim%s, and its provisioner %s does not exist:"
                  + " create a PersistentVolume of this class")
              .formatted(name, apart(claim.view()), type.view().provisioner()));
    } else {
      draft.normal(
          claim,
          "ExternalProvisioning",
          ("waiting for a volume to be created, either by external provisioner \"%s\" or manually"
                  + " created by system administrator")
              .formatted(type.view().provisioner()));
    }
  }

  private static String apart(PersistentVolumeClaim claim) {
    return claim.volumeSpread().isEmpty()
        ? ""
        : " on another %s than those with %s=%s"
            .formatted(
                claim.volumeSpreadTopology(),
                PersistentVolumeClaim.VOLUME_SPREAD,
                claim.volumeSpread());
  }
}
