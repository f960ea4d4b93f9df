package dev.berth.core.binding;

import dev.berth.core.model.Condition;
import dev.berth.core.model.PersistentVolume;
import java.util.Optional;

/**
 * Keeps volumes that had better not get new data from claims that look for one: those whose node
 * says that the disk is failing, and those that an administrator has taken out. A volume that was
 * reserved for a claim, or that a claim names, is given to it all the same, and one that is bound
 * stays bound: the data on it is where it is. One that is released keeps its data, because a wipe
 * may be the end of a disk that is failing; when it was wiped it stays Released.
 */
public final class Cordon {

  /** Of words that are none, each counts as {@code true}. */
  public static final String ANNOTATION = PersistentVolume.CORDONED;

  private static final String WIPE = "wipe";

  /** Condition of a volume, and of the claim that has it: whether its disk is in order. */
  public static final String DISK_HEALTHY = "DiskHealthy";

  private Cordon() {}

  /** Why the volume is not offered, for a person; empty when it is. */
  public static Optional<String> why(PersistentVolume volume) {
    var word = volume.metadata().annotations().get(ANNOTATION);
    if (word != null) {
      return word.equals("false") ? Optional.empty() : Optional.of("cordoned by an administrator");
    }
    return ofDisk(volume)
        .filter(condition -> condition.status().equals("False"))
        .map(condition -> "its disk is failing: " + condition.message());
  }

  /** Why the data of a former claim stays on the volume for now; empty when it may be wiped. */
  static Optional<String> whyNotWiped(PersistentVolume volume) {
    return WIPE.equals(volume.metadata().annotations().get(ANNOTATION))
        ? Optional.empty()
        : why(volume);
  }

  /** What its node says about the disk; empty when there was never anything to say. */
  public static Optional<Condition> ofDisk(PersistentVolume volume) {
    for (var condition : volume.status().conditions()) {
      if (condition.type().equals(DISK_HEALTHY)) {
        return Optional.of(condition);
      }
    }
    return Optional.empty();
  }
}
