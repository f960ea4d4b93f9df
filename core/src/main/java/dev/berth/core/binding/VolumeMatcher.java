package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Which volume a claim gets. Volumes with the fewest access modes come first, then the smallest. A
 * volume that is reserved for the claim comes before others with the same modes, whatever its class
 * and labels; size, volume mode and access modes it must have like any other.
 */
public final class VolumeMatcher {
  private static final int MOST_NAMED = 3;

  private static final Comparator<Observed<PersistentVolume>> ORDER =
      Comparator.<Observed<PersistentVolume>, Set<String>>comparing(
              VolumeMatcher::modes, VolumePool.FEWEST_FIRST)
          .thenComparing(volume -> volume.view().storage())
          .thenComparing(Observed::key);

  private VolumeMatcher() {}

  /**
   * The volume for a claim, wherever it is; null when none fits.
   *
   * @param reservedOnly whether all but reserved volumes are left to the scheduler, as for a claim
   *     of a delayed class
   */
  public static @Nullable Observed<PersistentVolume> find(
      ClusterView view, Observed<PersistentVolumeClaim> claim, boolean reservedOnly) {
    var reserved = reserved(view, claim);
    if (reservedOnly) {
      return reserved;
    }
    var free = free(view, claim);
    if (reserved == null || free == null) {
      return reserved == null ? free : reserved;
    }
    return VolumePool.FEWEST_FIRST.compare(modes(free), modes(reserved)) < 0 ? free : reserved;
  }

  /** The best of the volumes that name the claim and fit it; null for none. */
  public static @Nullable Observed<PersistentVolume> reserved(
      ClusterView view, Observed<PersistentVolumeClaim> claim) {
    Observed<PersistentVolume> best = null;
    for (var name : view.volumes().naming(claim.key())) {
      var volume = view.volume(name);
      if (volume != null
          && BindingState.isFor(volume.view(), claim)
          && !volume.view().metadata().deleting()
          && mismatch(volume.view(), claim.view(), false) == null
          && (best == null || ORDER.compare(volume, best) < 0)) {
        best = volume;
      }
    }
    return best;
  }

  private static @Nullable Observed<PersistentVolume> free(
      ClusterView view, Observed<PersistentVolumeClaim> looking) {
    var claim = looking.view();
    var spread = Spread.of(view, looking);
    var found = new AtomicReference<@Nullable Observed<PersistentVolume>>();
    view.volumes()
        .free(PoolKey.of(claim))
        .offer(
            modes(claim),
            claim.request().ceiling(),
            volume -> {
              if (!isFreeFor(volume.view(), claim) || !spread.allows(view, volume.view())) {
                return true;
              }
              found.set(volume);
              return false;
            });
    return found.get();
  }

  /** Whether a free volume of the right class, modes and size may be had by the claim. */
  public static boolean isFreeFor(PersistentVolume volume, PersistentVolumeClaim claim) {
    return suits(volume, claim) && Cordon.why(volume).isEmpty();
  }

  /** Whether such a volume could be had if it were not taken out ({@link Cordon}). */
  public static boolean isCordonedFor(PersistentVolume volume, PersistentVolumeClaim claim) {
    return suits(volume, claim) && Cordon.why(volume).isPresent();
  }

  private static boolean suits(PersistentVolume volume, PersistentVolumeClaim claim) {
    return !WipeProtocol.isDirty(volume)
        && ProvisionProtocol.isThere(volume)
        && volume.attributesClass().equals(claim.attributesClass())
        && (claim.spec().selector() == null
            || claim.spec().selector().matches(volume.metadata().labels()));
  }

  /** What the claim could have if it were not taken out: names, each with the reason. */
  static List<String> cordoned(ClusterView view, PersistentVolumeClaim claim) {
    var found = new ArrayList<String>();
    view.volumes()
        .free(PoolKey.of(claim))
        .offer(
            modes(claim),
            claim.request().ceiling(),
            volume -> {
              if (isCordonedFor(volume.view(), claim)) {
                found.add(
                    "%s (%s)"
                        .formatted(volume.key().name(), Cordon.why(volume.view()).orElseThrow()));
              }
              return found.size() < MOST_NAMED;
            });
    return found;
  }

  /** The access modes that the claim wants. */
  public static Set<String> modes(PersistentVolumeClaim claim) {
    return Set.copyOf(claim.spec().accessModes());
  }

  private static Set<String> modes(Observed<PersistentVolume> volume) {
    return Set.copyOf(volume.view().spec().accessModes());
  }

  /**
   * Why the claim cannot have the volume that it names or that names it; null when it can. Its
   * selector does not matter then.
   */
  static @Nullable String mismatch(
      PersistentVolume volume, PersistentVolumeClaim claim, boolean checkClass) {
    if (volume.storage().compareTo(claim.request()) < 0) {
      return "requested PV is too small: the claim needs %s, the volume has %s"
          .formatted(claim.request(), volume.storage());
    }
    if (checkClass && !volume.className().equals(claim.className())) {
      return "storageClassName does not match: the claim has \"%s\", the volume \"%s\""
          .formatted(claim.className(), volume.className());
    }
    if (volume.block() != claim.block()) {
      return "incompatible volumeMode: the claim wants %s, the volume is %s"
          .formatted(volumeMode(claim.block()), volumeMode(volume.block()));
    }
    if (!volume.attributesClass().equals(claim.attributesClass())) {
      return "volumeAttributesClassName does not match: the claim has \"%s\", the volume \"%s\""
          .formatted(claim.attributesClass(), volume.attributesClass());
    }
    if (!volume.spec().accessModes().containsAll(claim.spec().accessModes())) {
      return "incompatible accessMode: the claim wants %s, the volume has %s"
          .formatted(claim.spec().accessModes(), volume.spec().accessModes());
    }
    if (WipeProtocol.isDirty(volume)) {
      return "the data of its former claim has not been wiped yet";
    }
    if (volume.spec().claimRef() == null && Trash.holds(volume)) {
      return "the data of its former claim is still kept";
    }
    return ProvisionProtocol.isThere(volume) ? null : "its storage is not there";
  }

  private static String volumeMode(boolean block) {
    return block ? "Block" : "Filesystem";
  }
}
