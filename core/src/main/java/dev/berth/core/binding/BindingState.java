package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.ArrayList;
import java.util.List;

/** How a claim stands to its volume, as both objects tell it. */
public sealed interface BindingState {

  /** It names no volume yet. */
  record Looking() implements BindingState {}

  /** It names a volume, by its user's wish or in a binding not completed, that does not exist. */
  record NamesMissing(String volume) implements BindingState {}

  /** It names a volume that names nobody. */
  record NamesFree(Observed<PersistentVolume> volume) implements BindingState {}

  /** It names a volume that is reserved for it or belongs to it. */
  record NamesOwn(Observed<PersistentVolume> volume) implements BindingState {}

  /** It names a volume that names another claim. */
  record NamesForeign(Observed<PersistentVolume> volume) implements BindingState {}

  /** It was bound once, and names no volume any more. */
  record LostReference() implements BindingState {}

  /** It was bound once, and its volume has gone. */
  record LostVolume(String volume) implements BindingState {}

  /** It was bound once, and its volume names another claim. */
  record LostToOther(Observed<PersistentVolume> volume) implements BindingState {}

  /** It was bound once, to a volume that names it, or names nobody. */
  record Bound(Observed<PersistentVolume> volume) implements BindingState {}

  static BindingState of(Observed<PersistentVolumeClaim> claim, ClusterView view) {
    var name = claim.view().volumeName();
    var completed = claim.view().bindCompleted();
    if (name.isEmpty()) {
      return completed ? new LostReference() : new Looking();
    }
    var volume = view.volume(name);
    if (volume == null) {
      return completed ? new LostVolume(name) : new NamesMissing(name);
    }
    var free = volume.view().spec().claimRef() == null;
    if (completed) {
      return free || isFor(volume.view(), claim) ? new Bound(volume) : new LostToOther(volume);
    }
    if (free) {
      return new NamesFree(volume);
    }
    return isFor(volume.view(), claim) ? new NamesOwn(volume) : new NamesForeign(volume);
  }

  /** Whether the volume names the claim: by its uid, or by name alone as a reservation. */
  static boolean isFor(PersistentVolume volume, Observed<PersistentVolumeClaim> claim) {
    var reference = volume.spec().claimRef();
    return reference != null
        && reference.name().equals(claim.key().name())
        && reference.namespace().equals(claim.key().namespace())
        && (reference.uid().isEmpty() || reference.uid().equals(claim.view().metadata().uid()));
  }

  /** The volumes that name the claim, whether it can have them yet or not. */
  static List<Observed<PersistentVolume>> expected(
      ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var volumes = new ArrayList<Observed<PersistentVolume>>();
    for (var name : view.volumes().naming(claim.key())) {
      var volume = view.volume(name);
      if (volume != null && isFor(volume.view(), claim)) {
        volumes.add(volume);
      }
    }
    return volumes;
  }
}
