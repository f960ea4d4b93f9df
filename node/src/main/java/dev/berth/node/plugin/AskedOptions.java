package dev.berth.node.plugin;

import java.util.List;
import java.util.Set;

/**
 * The mount options of a volume, for whoever is told that its mount failed: one that the file
 * system does not know is the likeliest cause.
 */
final class AskedOptions {

  /** These the node adds itself; none of them is refused by any file system. */
  private static final Set<String> OURS = Set.of("ro", LoopVolumes.KEEPS_SPACE);

  private AskedOptions() {}

  /** Empty when nobody asked for any. */
  static String of(VolumeSource.Local volume) {
    return of(volume.volume(), volume.mountOptions());
  }

  /**
   * @param volume the PersistentVolume's name
   */
  static String of(String volume, List<String> options) {
    var asked = options.stream().filter(option -> !OURS.contains(option)).toList();
    return asked.isEmpty()
        ? ""
        : ("; mounted with %s, as spec.mountOptions of volume %s asks (one that was made for a claim"
                + " has them from its StorageClass): if they are what is wrong, correct them there"
                + " and create the pod again")
            .formatted(String.join(",", asked), volume);
  }
}
