package dev.berth.core.control;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.storage.ObjectKey;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The volumes by what they offer and by the claims that they name. */
public final class VolumeIndex {
  private static final VolumePool EMPTY = new VolumePool();

  private static final List<String> UNDER_WAY =
      List.of("requested/", "cancel/", "removal/", "removing/");

  private final Map<PoolKey, VolumePool> pools = new HashMap<>();
  private final SetIndex<ObjectKey, String> byClaim = new SetIndex<>();
  private final SetIndex<String, String> byClass = new SetIndex<>();
  private final SetIndex<String, String> underWay = new SetIndex<>();
  private final Set<String> released = new TreeSet<>();

  VolumeIndex() {}

  /**
   * The free volumes of a class and mode: Available, of no claim, not on their way out, and without
   * a write in flight.
   */
  public VolumePool free(PoolKey key) {
    return pools.getOrDefault(key, EMPTY);
  }

  /** The names of the volumes whose claimRef names the claim, by whatever uid. */
  public Set<String> naming(ObjectKey claim) {
    return byClaim.get(claim);
  }

  /** The names of the volumes whose claim has gone and whose reclaim policy is not done yet. */
  public Set<String> released() {
    return Collections.unmodifiableSet(released);
  }

  /** The names of all volumes of a class. */
  public Set<String> ofClass(String name) {
    return byClass.get(name);
  }

  /** The names of the volumes that the node is making or removing. */
  public Set<String> underWayOn(String node) {
    return underWay.get(node);
  }

  /** Whether its node is making or removing it. */
  public static boolean isUnderWay(PersistentVolume volume) {
    var state = volume.metadata().annotations().getOrDefault(PersistentVolume.PROVISION, "");
    return UNDER_WAY.stream().anyMatch(state::startsWith);
  }

  /** Whether the node has done with it what it was asked for, so that its space is reported. */
  public static boolean endsWork(Transition transition) {
    return transition.before() instanceof PersistentVolume before
        && isUnderWay(before)
        && !(transition.after() instanceof PersistentVolume after && isUnderWay(after));
  }

  private static String maker(PersistentVolume volume) {
    return volume.metadata().annotations().getOrDefault(PersistentVolume.PROVISION_NODE, "");
  }

  void replace(
      @Nullable Observed<PersistentVolume> before,
      @Nullable Observed<PersistentVolume> after,
      boolean busy) {
    if (before != null) {
      remove(before);
    }
    if (after != null) {
      add(after, busy);
    }
  }

  private static boolean isReleased(PersistentVolume volume) {
    return volume.phase().equals(PersistentVolume.RELEASED)
        || volume.phase().equals(PersistentVolume.FAILED);
  }

  private void remove(Observed<PersistentVolume> volume) {
    released.remove(volume.key().name());
    var key = PoolKey.of(volume.view());
    var pool = pools.get(key);
    if (pool != null) {
      pool.remove(volume);
      if (pool.isEmpty()) {
        pools.remove(key);
      }
    }
    var claim = claimOf(volume.view());
    if (claim != null) {
      byClaim.remove(claim, volume.key().name());
    }
    underWay.remove(maker(volume.view()), volume.key().name());
    byClass.remove(volume.view().className(), volume.key().name());
  }

  private void add(Observed<PersistentVolume> volume, boolean busy) {
    if (isReleased(volume.view())) {
      released.add(volume.key().name());
    }
    if (!busy && isFree(volume.view())) {
      pools.computeIfAbsent(PoolKey.of(volume.view()), absent -> new VolumePool()).add(volume);
    }
    var claim = claimOf(volume.view());
    if (claim != null) {
      byClaim.add(claim, volume.key().name());
    }
    if (isUnderWay(volume.view())) {
      underWay.add(maker(volume.view()), volume.key().name());
    }
    byClass.add(volume.view().className(), volume.key().name());
  }

  /** Whether any claim that fits may have it. */
  public static boolean isFree(PersistentVolume volume) {
    return volume.phase().equals(PersistentVolume.AVAILABLE)
        && volume.spec().claimRef() == null
        && !volume.metadata().deleting();
  }

  /** The claim that the volume names; null for none. */
  public static @Nullable ObjectKey claimOf(PersistentVolume volume) {
    var reference = volume.spec().claimRef();
    return reference == null || reference.name().isEmpty()
        ? null
        : Keys.claim(reference.namespace(), reference.name());
  }
}
