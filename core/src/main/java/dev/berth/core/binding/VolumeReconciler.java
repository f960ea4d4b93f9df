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
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the phase of volumes true, releases and reclaims those whose claim has gone, and offers
 * free ones to the claims that wait.
 */
public final class VolumeReconciler implements Reconciler {

  private final ClaimReconciler claims;

  /**
   * @param claims who binds a claim that a free volume was found for
   */
  public VolumeReconciler(ClaimReconciler claims) {
    this.claims = claims;
  }

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    var key = transition.key();
    if (Keys.is(key, ResourceTypes.VOLUME)) {
      wake.accept(key);
    } else if (Keys.is(key, ResourceTypes.CLAIM)) {
      view.volumes().naming(key).forEach(name -> wake.accept(Keys.volume(name)));
      wakeNamed(transition.before() instanceof PersistentVolumeClaim claim ? claim : null, wake);
      wakeNamed(transition.after() instanceof PersistentVolumeClaim claim ? claim : null, wake);
    } else if (transition.after() instanceof StorageClass type
        && keepsOtherwise(transition, type)) {
      view.volumes().ofClass(key.name()).forEach(name -> wake.accept(Keys.volume(name)));
    } else if (transition.after() instanceof Node node && isNewPlace(transition, node)) {
      view.volumes().released().forEach(name -> wake.accept(Keys.volume(name)));
    }
  }

  private static boolean keepsOtherwise(Transition transition, StorageClass type) {
    var before =
        transition.before() instanceof StorageClass old
            ? old.metadata().annotations().get(KeepTime.ANNOTATION)
            : null;
    return !Objects.equals(before, type.metadata().annotations().get(KeepTime.ANNOTATION));
  }

  private static boolean isNewPlace(Transition transition, Node node) {
    return !(transition.before() instanceof Node before)
        || !before.metadata().labels().equals(node.metadata().labels());
  }

  private static void wakeNamed(@Nullable PersistentVolumeClaim claim, Consumer<ObjectKey> wake) {
    if (claim != null && !claim.volumeName().isEmpty()) {
      wake.accept(Keys.volume(claim.volumeName()));
    }
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var volume = view.volume(key.name());
    if (volume == null) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    if (isUnwanted(volume.view())) {
      return release(view, volume, new Draft(), now);
    }
    var reference = volume.view().spec().claimRef();
    var claimKey = VolumeIndex.claimOf(volume.view());
    if (reference == null || claimKey == null || reference.uid().isEmpty()) {
      return unclaimed(view, volume, now);
    }
    if (view.isBusy(claimKey)) {
      return Plan.waitFor(claimKey);
    }
    var claim = view.claim(claimKey);
    if (claim == null) {
      return release(view, volume, new Draft().relyOnAbsence(claimKey), now);
    }
    if (!claim.view().metadata().uid().equals(reference.uid())) {
      return release(view, volume, new Draft().relyOn(claim), now);
    }
    return claimed(view, volume, claim, now);
  }

  /** Whether the storage of a volume that a node makes is to go, whatever claim it names. */
  private static boolean isUnwanted(PersistentVolume volume) {
    var unused = volume.metadata().deleting() && !volume.phase().equals(PersistentVolume.BOUND);
    return switch (ProvisionProtocol.of(volume)) {
      case ProvisionProtocol.Cancelled _,
          ProvisionProtocol.RemovalRequested _,
          ProvisionProtocol.Removing _,
          ProvisionProtocol.Removed _ ->
          volume.released();
      case ProvisionProtocol.Requested _, ProvisionProtocol.Failed _ ->
          unused || volume.spec().claimRef() == null;
      case ProvisionProtocol.Made _ -> unused;
      case ProvisionProtocol.NotOurs _, ProvisionProtocol.Unreadable _ -> false;
    };
  }

  /** It names no claim, or only reserves itself for one that has not come. */
  private Plan unclaimed(ClusterView view, Observed<PersistentVolume> volume, Instant now) {
    var unnamed = volume.view().spec().claimRef() == null && Trash.holds(volume.view());
    if (unnamed || WipeProtocol.isDirty(volume.view())) {
      return release(view, volume, new Draft(), now);
    }
    for (var key : view.claims().naming(volume.key().name())) {
      var claim = view.claim(key);
      if (claim != null && BindingState.of(claim, view) instanceof BindingState.Bound) {
        return Plan.NOTHING;
      }
    }
    if (!ProvisionProtocol.isThere(volume.view())) {
      return Plan.NOTHING;
    }
    var edit = Edit.of(volume);
    Reclaim.available(edit);
    if (edit.makesADifference()) {
      return new Draft().write(edit).whenever();
    }
    return VolumeIndex.isFree(volume.view()) ? offer(view, volume, now) : Plan.NOTHING;
  }

  /** Finds the claim that needs it most: the largest that it fits, and among equals the oldest. */
  private Plan offer(ClusterView view, Observed<PersistentVolume> volume, Instant now) {
    var type = view.storageClass(volume.view().className());
    if (type != null && type.view().delayed()) {
      return Plan.NOTHING;
    }
    var taken = new AtomicReference<@Nullable Plan>();
    // Of many claims with the same wish to be apart, one answer holds for all.
    var spreads = new HashMap<List<String>, Spread>();
    var bytes = volume.view().storage().amount().setScale(0, RoundingMode.FLOOR);
    view.claims()
        .offerLooking(
            PoolKey.of(volume.view()),
            bytes.longValueExact(),
            claim -> {
              if (!fits(volume.view(), claim.view())
                  || !spreads
                      .computeIfAbsent(wishOf(claim), wish -> Spread.of(view, claim))
                      .allows(view, volume.view())) {
                return true;
              }
              var plan = claims.reconcile(view, claim.key(), now);
              if (plan.steps().isEmpty() && isTied(claim.view())) {
                // Others must not wait for a group that is not whole, or for another place.
                return true;
              }
              taken.set(plan);
              return false;
            });
    var plan = taken.get();
    if (plan == null) {
      return Plan.NOTHING;
    }
    // The claim may take an even better volume: then this one is offered to the next.
    return plan.steps().isEmpty() ? plan : new Plan(plan.steps(), plan.notices(), new Plan.At(now));
  }

  private static List<String> wishOf(Observed<PersistentVolumeClaim> claim) {
    return List.of(
        claim.key().namespace(),
        claim.view().volumeSpread(),
        claim.view().volumeSpread().isEmpty() ? "" : claim.view().volumeSpreadTopology());
  }

  private static boolean isTied(PersistentVolumeClaim claim) {
    return !claim.volumeGroup().isEmpty() || !claim.volumeSpread().isEmpty();
  }

  private static boolean fits(PersistentVolume volume, PersistentVolumeClaim claim) {
    return volume.spec().accessModes().containsAll(claim.spec().accessModes())
        && VolumeMatcher.isFreeFor(volume, claim);
  }

  private static Plan release(
      ClusterView view, Observed<PersistentVolume> volume, Draft draft, Instant now) {
    var edit = Edit.of(volume);
    var phase = volume.view().phase();
    if (!phase.equals(PersistentVolume.RELEASED) && !phase.equals(PersistentVolume.FAILED)) {
      edit.set(PersistentVolume.RELEASED, "status", "phase");
    }
    return new Reclaim(view, volume, now, edit, draft).step();
  }

  /** The claim that it names is there. */
  private static Plan claimed(
      ClusterView view,
      Observed<PersistentVolume> volume,
      Observed<PersistentVolumeClaim> claim,
      Instant now) {
    var named = claim.view().volumeName();
    if (named.isEmpty()) {
      var ours = !(ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.NotOurs);
      return ours && claim.view().metadata().deleting()
          ? release(view, volume, new Draft().relyOn(claim), now)
          : reserved(volume, claim);
    }
    if (!named.equals(volume.key().name())) {
      return unneeded(view, volume, claim, now);
    }
    if (!claim.view().fullyBound()) {
      return Plan.NOTHING;
    }
    if (WipeProtocol.isDirty(volume.view())) {
      return unaskedFor(volume, claim);
    }
    var edit =
        Edit.of(volume)
            .set(PersistentVolume.BOUND, "status", "phase")
            .remove("status", "message")
            .remove("status", "reason");
    Trash.remember(edit, view, claim.view());
    return new Draft().relyOn(claim).write(edit).whenever();
  }

  /** The binder asks for a wipe only when the claim has gone: somebody else wrote this. */
  private static Plan unaskedFor(
      Observed<PersistentVolume> volume, Observed<PersistentVolumeClaim> claim) {
    var edit = Edit.of(volume);
    WipeProtocol.forget(edit);
    var message =
        "a wipe was asked for by hand, but claim %s/%s has the volume: it is not wiped; delete the claim first"
            .formatted(claim.key().namespace(), claim.key().name());
    return new Draft()
        .relyOn(claim)
        .write(edit)
        .warning(volume, "VolumeWipeRefused", message)
        .whenever();
  }

  /** The claim will take it in its own time, if it can. */
  private static Plan reserved(
      Observed<PersistentVolume> volume, Observed<PersistentVolumeClaim> claim) {
    if (volume.view().block() == claim.view().block()) {
      return Plan.NOTHING;
    }
    return new Draft()
        .warning(
            volume,
            "VolumeMismatch",
            ("Cannot bind PersistentVolume to requested PersistentVolumeClaim \"%s\" due to"
                    + " incompatible volumeMode.")
                .formatted(claim.key().name()))
        .warning(
            claim,
            "VolumeMismatch",
            ("Cannot bind PersistentVolume \"%s\" to requested PersistentVolumeClaim due to"
                    + " incompatible volumeMode.")
                .formatted(volume.key().name()))
        .whenever();
  }

  /**
   * The claim has another volume. One that was bound before may hold data, and goes the way of a
   * released one; any other just loses what the binder, or only the uid that it, wrote into it.
   */
  private static Plan unneeded(
      ClusterView view,
      Observed<PersistentVolume> volume,
      Observed<PersistentVolumeClaim> claim,
      Instant now) {
    var draft = new Draft().relyOn(claim);
    var phase = volume.view().phase();
    var used =
        phase.equals(PersistentVolume.BOUND)
            || phase.equals(PersistentVolume.RELEASED)
            || phase.equals(PersistentVolume.FAILED);
    var madeForIt =
        !volume.view().provisionedBy().isEmpty() && volume.view().reclaimPolicy().equals("Delete");
    var unmade = !ProvisionProtocol.isThere(volume.view());
    if (used || unmade || madeForIt || WipeProtocol.isDirty(volume.view())) {
      return release(view, volume, draft, now);
    }
    var edit = Edit.of(volume);
    if (volume.view().metadata().annotations().containsKey(PersistentVolume.BOUND_BY_CONTROLLER)) {
      Reclaim.free(edit);
    } else {
      edit.remove("spec", "claimRef", "uid");
      Reclaim.available(edit);
    }
    return draft.write(edit).whenever();
  }
}
