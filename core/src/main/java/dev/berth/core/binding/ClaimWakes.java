package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.PoolKey;
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
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which claims have to be looked at again when something changed. */
final class ClaimWakes {

  private ClaimWakes() {}

  static void of(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
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
      wakeReserver(transition.before(), view, wake);
      wakeReserver(transition.after(), view, wake);
      view.claims().naming(key.name()).forEach(wake);
      if (VolumeIndex.endsWork(transition)) {
        wakeMakers(view, wake);
      }
    } else if (transition.after() instanceof CsiStorageCapacity) {
      wakeMakers(view, wake);
    } else if (Keys.is(key, ResourceTypes.CLASS)) {
      wakeLooking(key.name(), view, wake);
      if (transition.after() instanceof StorageClass type && type.isDefault()) {
        wakeLooking("", view, wake);
      }
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

  /** The claim that the volume names, and its group, which may wait for the volume to go. */
  private static void wakeReserver(
      @Nullable ApiObject object, ClusterView view, Consumer<ObjectKey> wake) {
    var key = object instanceof PersistentVolume volume ? VolumeIndex.claimOf(volume) : null;
    if (key != null) {
      wake.accept(key);
      var claim = view.claim(key);
      wakeGroup(claim == null ? null : claim.view(), view, wake);
    }
  }
}
