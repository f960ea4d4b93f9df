package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Transition;
import dev.berth.core.control.VolumeIndex;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Gives claims their volumes, and keeps both sides of a binding in agreement. A binding is one
 * transaction over claim and volume. Claims of a delayed class get theirs from the scheduler,
 * unless a volume is reserved for them.
 */
public final class ClaimReconciler implements Reconciler {

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    ClaimWakes.of(transition, view, wake);
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var claim = view.claim(key);
    if (claim == null) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var state = BindingState.of(claim, view);
    // One that names its volume has chosen; the others of its group follow it.
    var group = state instanceof BindingState.Looking ? VolumeGroup.of(view, claim) : null;
    var usual = state instanceof BindingState.Looking ? view.classes().ofClaimsWithout() : null;
    if (usual != null && isWithoutClass(view, claim, group != null)) {
      var edit = Edit.of(claim).set(usual.key().name(), "spec", "storageClassName");
      return new Draft().relyOn(usual).write(edit).whenever();
    }
    if (group != null) {
      return new GroupBinding(view, claim, group, now).next();
    }
    return switch (state) {
      case BindingState.Looking() -> look(view, claim, now);
      case BindingState.NamesMissing(var name) ->
          WaitingClaim.pending(claim)
              .normal(
                  claim,
                  "FailedBinding",
                  "volume \"%s\", which this claim names, does not exist".formatted(name))
              .whenever();
      case BindingState.NamesFree(var volume) -> bindNamed(view, claim, volume);
      case BindingState.NamesOwn(var volume) -> bindReserved(view, claim, volume);
      case BindingState.NamesForeign(var volume) -> refuseForeign(claim, volume);
      case BindingState.LostReference() ->
          lost(
              claim,
              "ClaimLost",
              "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
      case BindingState.LostVolume(var name) ->
          lost(
              claim,
              "ClaimLost",
              "Bound claim has lost its PersistentVolume \"%s\". Data on the volume is lost!"
                  .formatted(name));
      case BindingState.LostToOther(var volume) ->
          lost(
              claim,
              "ClaimMisbound",
              "Two claims are bound to the same volume \"%s\", this one is bound incorrectly"
                  .formatted(volume.key().name()));
      case BindingState.Bound(var volume) -> keepBound(view, claim, volume, now);
    };
  }

  /**
   * Whether a default class that came later than the claim is for it: it named none, and there is
   * no volume without a class for it, and none that is reserved for it, which it waits for. The
   * others of a group are not waited for.
   */
  private static boolean isWithoutClass(
      ClusterView view, Observed<PersistentVolumeClaim> claim, boolean grouped) {
    return claim.view().takesDefaultClass()
        && !claim.view().metadata().deleting()
        && BindingState.expected(view, claim).isEmpty()
        && VolumeMatcher.find(view, claim, grouped) == null;
  }

  private static Plan look(ClusterView view, Observed<PersistentVolumeClaim> claim, Instant now) {
    if (claim.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    var type = view.storageClass(claim.view().className());
    var delayed = type != null && type.view().delayed();
    var volume = VolumeMatcher.find(view, claim, delayed);
    if (volume != null) {
      return bind(view, claim, volume);
    }
    var draft = WaitingClaim.pending(claim);
    var underWay = Provisioning.underWay(view, claim);
    if (underWay != null) {
      return Provisioning.follow(view, claim, underWay, draft, now);
    }
    var maker = Provisioning.maker(view, claim.view());
    if (maker != null && !delayed) {
      return Provisioning.begin(view, claim, maker, draft, now);
    }
    if (delayed && maker != null && WaitingClaim.isSent(claim.view())) {
      // Its node was asked together with that: there is no such request any more.
      var edit = Edit.of(claim).annotation(PersistentVolumeClaim.SELECTED_NODE, null);
      return draft.write(edit).whenever();
    }
    if (delayed && !WaitingClaim.isSent(claim.view())) {
      WaitingClaim.explainDelay(view, claim, draft);
      return Provisioning.again(claim, draft, now);
    } else {
      var external = Provisioning.external(view, claim.view());
      if (external != null) {
        var waiting = WaitingClaim.edit(claim, PersistentVolumeClaim.PENDING);
        draft.write(Provisioning.handOver(waiting, external.view()));
      }
      WaitingClaim.explainMissing(claim, type, draft);
      var cordoned = VolumeMatcher.cordoned(view, claim.view());
      if (!cordoned.isEmpty()) {
        draft.warning(
            claim,
            "VolumesCordoned",
            "volumes that would fit are not offered: " + String.join("; ", cordoned));
      }
    }
    return draft.whenever();
  }

  /** A volume that the claim's user chose must fit, but for the selector. */
  private static Plan bindNamed(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {
    if (claim.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    var mismatch =
        volume.view().metadata().deleting()
            ? "the volume is being deleted"
            : VolumeMatcher.mismatch(volume.view(), claim.view(), true);
    return mismatch == null ? bind(view, claim, volume) : refuse(claim, volume, mismatch);
  }

  private static Plan bindReserved(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {
    if (claim.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    return WipeProtocol.isDirty(volume.view())
        ? refuse(claim, volume, "the data of its former claim has not been wiped yet")
        : bind(view, claim, volume);
  }

  private static Plan refuse(
      Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume, String why) {
    return WaitingClaim.pending(claim)
        .warning(
            claim,
            "VolumeMismatch",
            "Cannot bind to requested volume \"%s\": %s".formatted(volume.key().name(), why))
        .whenever();
  }

  private static Plan refuseForeign(
      Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {
    var owner = VolumeIndex.claimOf(volume.view());
    var message =
        "volume \"%s\" already bound to a different claim: %s/%s"
            .formatted(
                volume.key().name(),
                owner == null ? "" : owner.namespace(),
                owner == null ? "" : owner.name());
    var ownChoice =
        claim
            .view()
            .metadata()
            .annotations()
            .containsKey(PersistentVolumeClaim.BOUND_BY_CONTROLLER);
    // A volume that the binder itself chose cannot be taken by another: nothing is touched then.
    var draft = ownChoice ? new Draft() : WaitingClaim.pending(claim);
    return draft.warning(claim, "FailedBinding", message).whenever();
  }

  private static Plan keepBound(
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      Observed<PersistentVolume> volume,
      Instant now) {
    if (WipeProtocol.isDirty(volume.view())) {
      return lost(
          claim,
          "ClaimLost",
          "the volume \"%s\" of this claim is being wiped".formatted(volume.key().name()));
    }
    var kept = bind(view, claim, volume);
    return view.isBusy(volume.key()) || !kept.steps().isEmpty()
        ? kept
        : Expansion.next(claim, volume, now).whenever();
  }

  private static Plan bind(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {
    if (view.isBusy(volume.key())) {
      return Plan.waitFor(volume.key());
    }
    var draft = new Draft();
    Binding.write(draft, volume, claim);
    return draft.whenever();
  }

  private static Plan lost(Observed<PersistentVolumeClaim> claim, String reason, String message) {
    var draft = WaitingClaim.unbound(claim, PersistentVolumeClaim.LOST);
    if (draft.writes()) {
      draft.warning(claim, reason, message);
    }
    return draft.whenever();
  }
}
