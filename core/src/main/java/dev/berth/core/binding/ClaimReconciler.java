package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Transition;
import dev.berth.core.control.VolumeIndex;
import dev.berth.core.model.ApiObject;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives claims their volumes, and keeps both sides of a binding in agreement. A binding is one
 * transaction over claim and volume. Claims of a delayed class get theirs from the scheduler,
 * unless a volume is reserved for them.
 */
public final class ClaimReconciler implements Reconciler {

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    var key = transition.key();
    if (Keys.is(key, ResourceTypes.CLAIM)) {
      wake.accept(key);
      wakeGroup(transition.before(), view, wake);
      wakeGroup(transition.after(), view, wake);
      if (Spread.freesPlace(transition.before(), transition.after())
          && transition.before() instanceof PersistentVolumeClaim before) {
        view.claims().spreadAs(key.namespace(), before.volumeSpread()).forEach(wake);
      }
    } else if (Keys.is(key, ResourceTypes.NODE)) {
      if (isOtherPlace(transition)) {
        view.claims().inCompany().forEach(wake);
      }
      if (isOtherPlace(transition) || Provisioning.mayAskNow(transition)) {
        wakeMakers(view, wake);
      }
    } else if (Keys.is(key, ResourceTypes.VOLUME)) {
      wakeReserver(transition.before() instanceof PersistentVolume before ? before : null, wake);
      wakeReserver(transition.after() instanceof PersistentVolume after ? after : null, wake);
      view.claims().naming(key.name()).forEach(wake);
      if (VolumeIndex.endsWork(transition)) {
        wakeMakers(view, wake);
      }
    } else if (transition.after() instanceof CsiStorageCapacity) {
      wakeMakers(view, wake);
    } else if (Keys.is(key, ResourceTypes.CLASS)) {
      wakeLooking(key.name(), view, wake);
    } else if (transition.before() == null
        && transition.after() instanceof Pod pod
        && pod.nodeName().isEmpty()) {
      pod.claimNames().forEach(name -> wake.accept(Keys.claim(key.namespace(), name)));
    }
  }

  private static void wakeLooking(String className, ClusterView view, Consumer<ObjectKey> wake) {
    for (var block : new boolean[] {false, true}) {
      view.claims()
          .offerLooking(
              new PoolKey(className, block),
              Long.MAX_VALUE,
              claim -> {
                wake.accept(claim.key());
                return true;
              });
    }
  }

  /** Those that wait for a node that can be asked for their volume. */
  private static void wakeMakers(ClusterView view, Consumer<ObjectKey> wake) {
    for (var type : view.classes().all()) {
      if (!type.view().delayed() && Provisioning.isMaker(type.view())) {
        wakeLooking(type.key().name(), view, wake);
      }
    }
  }

  /** Those that wait for the claim's group to be whole. */
  private static void wakeGroup(
      @Nullable ApiObject object, ClusterView view, Consumer<ObjectKey> wake) {
    if (object instanceof PersistentVolumeClaim claim && !claim.volumeGroup().isEmpty()) {
      view.claims().ofGroup(claim.metadata().namespace(), claim.volumeGroup()).forEach(wake);
    }
  }

  /** Whether volumes may be somewhere else now than before, as far as labels of nodes tell. */
  private static boolean isOtherPlace(Transition transition) {
    var before = transition.before() instanceof Node node ? node.metadata().labels() : null;
    var after = transition.after() instanceof Node node ? node.metadata().labels() : null;
    return !Objects.equals(before, after);
  }

  private static void wakeReserver(@Nullable PersistentVolume volume, Consumer<ObjectKey> wake) {
    var claim = volume == null ? null : VolumeIndex.claimOf(volume);
    if (claim != null) {
      wake.accept(claim);
    }
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
    if (group != null) {
      return together(view, claim, group);
    }
    return switch (state) {
      case BindingState.Looking() -> look(view, claim, now);
      case BindingState.NamesMissing(var name) ->
          pending(claim)
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

  /** All claims of the group in one transaction, or none. */
  private static Plan together(
      ClusterView view, Observed<PersistentVolumeClaim> claim, VolumeGroup group) {
    if (claim.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    if (group.why() != null) {
      return pending(claim).normal(claim, "WaitForVolumeGroup", group.why()).whenever();
    }
    for (var member : group.members()) {
      var type = view.storageClass(member.view().className());
      if (type != null && type.view().delayed() && !member.view().fullyBound()) {
        // The scheduler binds them all with the node of the first pod that uses one.
        var draft = pending(claim);
        explainDelay(view, claim, draft);
        return draft.whenever();
      }
    }
    return switch (GroupPlacement.find(view, group)) {
      case GroupPlacement.Busy(var keys) -> new Plan(List.of(), List.of(), new Plan.Settled(keys));
      case GroupPlacement.Nowhere(var why) ->
          pending(claim).normal(claim, "FailedBinding", why).whenever();
      case GroupPlacement.Found found -> {
        var draft = new Draft();
        for (var choice : found.placement().volumes()) {
          Binding.write(draft, choice.volume(), choice.claim());
        }
        found.bound().forEach(draft::relyOn);
        yield draft.whenever();
      }
    };
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
    var draft = pending(claim);
    var underWay = Provisioning.underWay(view, claim);
    if (underWay != null) {
      return Provisioning.follow(view, claim, underWay, draft, now);
    }
    var maker = Provisioning.maker(view, claim.view());
    if (maker != null && !delayed) {
      return Provisioning.begin(view, claim, maker, draft, now);
    }
    if (delayed && maker != null && isSent(claim.view())) {
      // Its node was asked together with that: there is no such request any more.
      var edit = Edit.of(claim).annotation(PersistentVolumeClaim.SELECTED_NODE, null);
      return draft.write(edit).whenever();
    }
    if (delayed && !isSent(claim.view())) {
      explainDelay(view, claim, draft);
      return Provisioning.again(claim, draft, now);
    } else {
      explainMissing(claim, type, draft);
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

  /** Whether the scheduler has chosen a node where the volume has to be made. */
  private static boolean isSent(PersistentVolumeClaim claim) {
    return claim.metadata().annotations().containsKey(PersistentVolumeClaim.SELECTED_NODE);
  }

  private static void explainDelay(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Draft draft) {
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

  private static void explainMissing(
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
          "no volume of class \"%s\" fits this claim, and the class makes none (%s): create one"
              .formatted(name, StorageClass.NO_PROVISIONER));
    } else {
      draft.normal(
          claim,
          "ExternalProvisioning",
          ("waiting for a volume to be created, either by external provisioner \"%s\" or manually"
                  + " created by system administrator")
              .formatted(type.view().provisioner()));
    }
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
    return pending(claim)
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
    var draft = ownChoice ? new Draft() : pending(claim);
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

  private static Draft pending(Observed<PersistentVolumeClaim> claim) {
    return unbound(claim, PersistentVolumeClaim.PENDING);
  }

  private static Plan lost(Observed<PersistentVolumeClaim> claim, String reason, String message) {
    var draft = unbound(claim, PersistentVolumeClaim.LOST);
    if (draft.writes()) {
      draft.warning(claim, reason, message);
    }
    return draft.whenever();
  }

  private static Draft unbound(Observed<PersistentVolumeClaim> claim, String phase) {
    return new Draft()
        .write(
            Edit.of(claim)
                .set(phase, "status", "phase")
                .remove("status", "accessModes")
                .remove("status", "capacity"));
  }
}
