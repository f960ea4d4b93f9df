package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Removal;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a volume whose claim has gone: the step that its reclaim policy asks for next. A
 * local volume is kept as long as was asked for ({@link Trash}), then emptied by its node (see
 * {@link WipeProtocol}).
 */
final class Reclaim {

  private static final String METHOD = WipeMethod.ANNOTATION;

  private final ClusterView view;
  private final Observed<PersistentVolume> observed;
  private final PersistentVolume volume;
  private final Instant now;
  private final Edit edit;
  private final Draft draft;
  private @Nullable Instant lookAgain;

  /**
   * @param edit of the volume, to be written when the step is taken
   * @param draft that the step belongs to
   */
  Reclaim(
      ClusterView view, Observed<PersistentVolume> observed, Instant now, Edit edit, Draft draft) {
    this.view = view;
    this.observed = observed;
    this.volume = observed.view();
    this.now = now;
    this.edit = edit;
    this.draft = draft;
  }

  /** Takes the step and says when to look again. */
  Plan step() {
    take();
    return lookAgain == null ? draft.whenever() : draft.at(lookAgain);
  }

  private void take() {
    if (!ProvisionProtocol.isThere(volume)) {
      // No policy asks for a volume that nobody could ever use.
      unmake();
      return;
    }
    switch (volume.reclaimPolicy()) {
      case "Delete" -> delete();
      case "Recycle" -> {
        fail("VolumeFailedRecycle", "No recycler plugin found for the volume!");
        draft.write(edit);
      }
      default -> {
        forgetWipe();
        stopKeeping();
        draft.write(edit);
        if (volume.metadata().deleting()
            && volume.metadata().finalizers().equals(List.of(ProvisionProtocol.FINALIZER))) {
          // Its administrator keeps the storage, and gives up the object: until the moment that it
          // goes, another policy may still be asked for.
          draft.step(Removal.giveUp(observed, ProvisionProtocol.FINALIZER));
        }
      }
    }
  }

  /** The administrator decides now, without a time limit. */
  private void stopKeeping() {
    if (volume.metadata().annotations().containsKey(Trash.RELEASED_AT)) {
      edit.annotation(Trash.RELEASED_AT, null).remove("status", "message");
    }
  }

  private void delete() {
    if (!(ProvisionProtocol.of(volume) instanceof ProvisionProtocol.NotOurs)) {
      unmake();
    } else if (WipeProtocol.isForOthers(volume)) {
      draft.write(edit);
      if (edit.makesADifference()) {
        var message = "waiting for \"%s\" to delete the volume".formatted(volume.provisionedBy());
        draft.normal(observed, "VolumeDelete", message);
      }
    } else if (NodeProvisioner.isMadeByHand(volume)) {
      removeByHand();
      draft.write(edit);
    } else if (volume.spec().local() == null) {
      fail(
          "VolumeFailedDelete",
          "there is no deleter for this kind of volume: remove its data and this object by hand,"
              + " or set persistentVolumeReclaimPolicy to Retain");
      draft.write(edit);
    } else if (WipeProtocol.isDoneForItsClaim(volume)) {
      reuse();
    } else {
      var until = WipeProtocol.isDirty(volume) ? null : Trash.keep(edit, view, observed, now);
      var method = WipeProtocol.wanted(view, volume);
      var cordon = Cordon.whyNotWiped(volume);
      if (until != null) {
        keep(until);
      } else if (method == WipeMethod.NONE) {
        leave();
      } else if (cordon.isPresent()) {
        hold(cordon.get());
      } else {
        requestWipe(method);
      }
      draft.write(edit);
    }
  }

  /** Its object stays: a new volume would have to be written by hand again. */
  private void removeByHand() {
    var until = Trash.keep(edit, view, observed, now);
    if (until != null) {
      keep(until);
      return;
    }
    if (WipeProtocol.wanted(view, volume) == WipeMethod.NONE) {
      leave();
      return;
    }
    var cordon = Cordon.whyNotWiped(volume);
    if (cordon.isPresent()) {
      hold(cordon.get());
      return;
    }
    var hosts = VolumeHosts.of(view, volume);
    var host = hosts.only();
    if (host.isPresent() && !namesOneHost()) {
      draft.warning(
          observed,
          "VolumeFailedDelete",
          "its storage has to be removed, but its node affinity does not name its host, and"
              + " another node may have it: set persistentVolumeReclaimPolicy to Retain, and"
              + " remove it by hand");
    } else if (host.isPresent()) {
      ProvisionProtocol.requestRemoval(edit, observed.revision(), host.get());
      edit.annotation(Trash.RELEASED_AT, null);
    } else {
      draft.warning(
          observed,
          "VolumeFailedDelete",
          hosts.whyNobody(
              "its storage has to be removed",
              "set persistentVolumeReclaimPolicy to Retain, and remove it by hand"));
    }
  }

  /**
   * Whether no other node can have its storage: of those that match by another label one may be
   * away for a while, and a node that has no such image says that it is removed.
   */
  private boolean namesOneHost() {
    var hosts = VolumePool.hosts(volume);
    return hosts != null && hosts.size() == 1;
  }

  /** The node that made it removes it; then the object goes, or is free if it was made by hand. */
  private void unmake() {
    switch (ProvisionProtocol.of(volume)) {
      case ProvisionProtocol.Removed _ -> {
        if (NodeProvisioner.isMadeByHand(volume) && !volume.metadata().deleting()) {
          emptied();
        } else {
          draft.step(Edit.delete(observed));
        }
        return;
      }
      case ProvisionProtocol.Failed _ -> {
        draft.step(Edit.delete(observed));
        return;
      }
      case ProvisionProtocol.Made(var generation) -> {
        var until = Trash.keep(edit, view, observed, now);
        var cordon = Cordon.whyNotWiped(volume);
        if (until != null) {
          keep(until);
        } else if (cordon.isPresent()) {
          hold(cordon.get());
        } else {
          ProvisionProtocol.requestRemoval(edit, generation);
        }
      }
      case ProvisionProtocol.Requested(var generation) ->
          ProvisionProtocol.cancel(edit, generation);
      case ProvisionProtocol.Unreadable(var value) ->
          fail(
              "VolumeFailedDelete",
              "annotation %s says \"%s\", which nobody understands: set it right"
                  .formatted(ProvisionProtocol.PROVISION, value));
      case ProvisionProtocol.RemovalRequested(var generation) -> {
        if (!volume.reclaimPolicy().equals("Delete")) {
          ProvisionProtocol.keep(edit, volume, generation);
          draft.normal(observed, "VolumeKept", "its removal had not begun: its storage is kept");
        }
      }
      case ProvisionProtocol.Removing _ -> {
        if (!volume.reclaimPolicy().equals("Delete")) {
          draft.warning(
              observed,
              "VolumeNotKept",
              "its node has begun to remove its storage: it cannot be kept any more");
        }
      }
      case ProvisionProtocol.Cancelled _, ProvisionProtocol.NotOurs _ -> {}
    }
    draft.write(edit);
  }

  private void emptied() {
    var done = "its storage was removed";
    var cordon = Cordon.why(volume);
    if (cordon.isPresent()) {
      withhold("VolumeWiped", done, cordon.get());
      return;
    }
    ProvisionProtocol.forget(edit);
    edit.annotation(PersistentVolume.FS_UUID, null);
    free(edit);
    draft
        .write(edit)
        .normal(
            observed, "VolumeWiped", done + ": it is free again, and made anew when it is used");
  }

  private void keep(Instant until) {
    var name = observed.key().name();
    var claim = volume.spec().claimRef();
    var message =
        ("the data of %s is kept until %s (%s=%s). To have it back: berth undelete pv/%s. To destroy"
                + " it now: kubectl annotate --overwrite pv %s %s=0")
            .formatted(
                claim == null
                    ? "its former claim"
                    : "the deleted claim %s/%s".formatted(claim.namespace(), claim.name()),
                until,
                KeepTime.ANNOTATION,
                Objects.requireNonNull(edit.get("metadata", "annotations", KeepTime.ANNOTATION))
                    .asString(),
                name,
                name,
                KeepTime.ANNOTATION);
    edit.set(message, "status", "message");
    if (edit.makesADifference()) {
      draft.normal(observed, "VolumeKept", message);
    }
    lookAgain = until;
  }

  private void fail(String reason, String message) {
    edit.set(PersistentVolume.FAILED, "status", "phase").set(message, "status", "message");
    if (edit.makesADifference()) {
      draft.warning(observed, reason, message);
    }
  }

  /** Nobody asked for the wipe: an administrator decides. */
  private void leave() {
    if (WipeProtocol.isDirty(volume)) {
      forgetWipe();
    }
    edit.annotation(METHOD, WipeMethod.NONE.word());
    var name = observed.key().name();
    var message =
        ("what its deleted claim left is still on it: its class or administrator asks for no wipe"
                + " (method %s). To have it wiped: kubectl annotate --overwrite pv %s %s=zero. To have it"
                + " back: berth undelete pv/%s. To let any claim have it as it is: remove"
                + " spec.claimRef")
            .formatted(WipeMethod.NONE.word(), name, METHOD, name);
    edit.annotation(Trash.RELEASED_AT, null).set(message, "status", "message");
    if (edit.makesADifference()) {
      draft.normal(observed, "VolumeNotWiped", message);
    }
  }

  /** A wipe may be the end of a disk that is failing: an administrator decides. */
  private void hold(String cordon) {
    var name = observed.key().name();
    var begun = WipeProtocol.isDirty(volume);
    if (begun) {
      // Still dirty, but no node's to wipe: it goes on from where it was.
      edit.annotation(WipeProtocol.WIPE_NODE, null);
    } else {
      Trash.note(edit, volume, now);
    }
    var message =
        ("what its deleted claim left is not wiped%s, because the volume is cordoned (%s). To have it"
                + " wiped, and not offered afterwards: kubectl annotate --overwrite pv %s %s=wipe. To"
                + " have it wiped and offered: %s=false. To keep it as it is: set"
                + " persistentVolumeReclaimPolicy to Retain%s")
            .formatted(
                begun ? " any further" : "",
                cordon,
                name,
                Cordon.ANNOTATION,
                Cordon.ANNOTATION,
                begun ? "" : ". To have it back: berth undelete pv/" + name);
    edit.set(message, "status", "message");
    if (edit.makesADifference()) {
      draft.warning(observed, "VolumeNotWiped", message);
    }
  }

  private void requestWipe(WipeMethod wanted) {
    var thorough =
        wanted.leavesNothingToRead() || (!volume.block() && volume.provisionedBy().isEmpty());
    var method = thorough ? wanted : WipeMethod.ZERO;
    var claim = volume.spec().claimRef();
    var requested = WipeProtocol.of(volume) instanceof WipeProtocol.Requested;
    if (!requested) {
      edit.remove("status", "message")
          .annotation(Trash.RELEASED_AT, null)
          .annotation(WipeProtocol.WIPE, WipeProtocol.requested(observed.revision()))
          .annotation(WipeProtocol.WIPE_CLAIM, claim == null ? "" : claim.uid())
          .annotation(WipeProtocol.WIPE_NODE, null);
    }
    edit.annotation(METHOD, method.word());
    if (!thorough) {
      draft.normal(
          observed,
          "VolumeWipeMethod",
          "its data is destroyed by %s, not %s, because its disk may come back as a Block volume"
              .formatted(method.word(), wanted.word()));
    }
    if (requested && volume.metadata().annotations().containsKey(WipeProtocol.WIPE_NODE)) {
      return;
    }
    var hosts = VolumeHosts.of(view, volume);
    var host = hosts.only();
    if (host.isPresent()) {
      edit.annotation(WipeProtocol.WIPE_NODE, host.get()).remove("status", "message");
    } else {
      draft.warning(
          observed,
          "VolumeFailedDelete",
          hosts.whyNobody(
              "its data has to be wiped",
              "name the one that has the disk in the annotation " + WipeProtocol.WIPE_NODE));
    }
  }

  /** A volume made by hand is free again; one that was found or made by a program goes. */
  private void reuse() {
    var unused = WipeProtocol.of(volume) instanceof WipeProtocol.Unused;
    var reason = unused ? "VolumeUnused" : "VolumeWiped";
    var done =
        unused
            ? "its node never had it mounted: there was nothing to destroy, and nothing was"
            : "its data was destroyed";
    var cordon = Cordon.why(volume);
    if (cordon.isPresent()) {
      withhold(reason, done, cordon.get());
      return;
    }
    var deletion = volume.provisionedBy().isEmpty() ? null : Removal.request(observed, now);
    if (deletion != null) {
      draft.step(deletion).normal(observed, reason, done);
    } else if (volume.provisionedBy().isEmpty()) {
      free(edit);
      draft.write(edit).normal(observed, reason, done + ": it is free again");
    }
  }

  /** Neither it nor a new volume of its disk is offered. */
  private void withhold(String reason, String done, String cordon) {
    var name = observed.key().name();
    var message =
        ("%s. It stays Released, because it is cordoned (%s). To offer it: kubectl annotate"
                + " --overwrite pv %s %s=false")
            .formatted(done, cordon, name, Cordon.ANNOTATION);
    edit.set(message, "status", "message");
    if (edit.makesADifference()) {
      draft.normal(observed, reason, message);
    }
    draft.write(edit);
  }

  /** Makes the volume available to any claim. */
  static void free(Edit edit) {
    edit.remove("spec", "claimRef")
        .annotation(PersistentVolume.BOUND_BY_CONTROLLER, null)
        .annotation(METHOD, null);
    available(edit);
  }

  /** Sets the phase of a volume that its own claim, or any, may have. */
  static void available(Edit edit) {
    Trash.forget(edit);
    edit.annotation(WipeProtocol.WIPE_NODE, null)
        .annotation(WipeProtocol.WIPE_CLAIM, null)
        .annotation(WipeProtocol.WIPE_PROGRESS, null)
        .set(PersistentVolume.AVAILABLE, "status", "phase")
        .remove("status", "message")
        .remove("status", "reason");
  }

  private void forgetWipe() {
    if (WipeProtocol.isDirty(volume)) {
      edit.annotation(METHOD, null).remove("status", "message");
    }
    WipeProtocol.forget(edit);
  }
}
