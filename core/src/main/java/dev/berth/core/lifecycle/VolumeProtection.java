package dev.berth.core.lifecycle;

import dev.berth.core.binding.BindingState;
import dev.berth.core.binding.Trash;
import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Removal;
import dev.berth.core.control.Transition;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A volume does not go while it belongs to a claim, nor before the wipe that was asked for. */
public final class VolumeProtection implements Reconciler {

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    if (Keys.is(transition.key(), ResourceTypes.VOLUME)) {
      wake.accept(transition.key());
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
    var isProtected = Finalizers.has(volume, Finalizers.VOLUME_PROTECTION);
    if (!volume.view().metadata().deleting()) {
      return isProtected
          ? Plan.NOTHING
          : new Draft().step(Finalizers.add(volume, Finalizers.VOLUME_PROTECTION)).whenever();
    }
    if (!isProtected) {
      return Plan.NOTHING;
    }
    var why = whyItStays(view, volume);
    return why == null
        ? new Draft().step(Removal.giveUp(volume, Finalizers.VOLUME_PROTECTION)).whenever()
        : new Draft().normal(volume, "InUse", "its deletion waits: " + why).whenever();
  }

  private static @Nullable String whyItStays(ClusterView view, Observed<PersistentVolume> volume) {
    for (var key : view.claims().naming(volume.key().name())) {
      var claim = view.claim(key);
      if (claim != null && BindingState.of(claim, view) instanceof BindingState.Bound) {
        return "delete the claim %s, which has it"
            .formatted(claim.view().metadata().qualifiedName());
      }
    }
    if (volume.view().phase().equals(PersistentVolume.BOUND)) {
      return "its claim has not been released yet";
    }
    if (Trash.holds(volume.view()) && !WipeProtocol.isDirty(volume.view())) {
      return "the data of its deleted claim is still kept (see its status), and is then wiped first;"
          + " or set its persistentVolumeReclaimPolicy to Retain";
    }
    return WipeProtocol.isDirty(volume.view()) || WipeProtocol.isDue(volume.view())
        ? "the data on it has to be wiped first, or its persistentVolumeReclaimPolicy set to Retain"
        : null;
  }
}
