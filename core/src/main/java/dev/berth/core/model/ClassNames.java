package dev.berth.core.model;

import org.jspecify.annotations.Nullable;

/** Where a claim or a volume names its class. */
final class ClassNames {
  private static final String ANNOTATION = "volume.beta.kubernetes.io/storage-class";

  private ClassNames() {}

  static String of(ObjectMeta metadata, @Nullable String field) {
    var annotated = metadata.annotations().get(ANNOTATION);
    return annotated != null ? annotated : Absent.text(field);
  }

  /** Whether neither says anything, not even that there is to be no class. */
  static boolean areAbsent(ObjectMeta metadata, @Nullable String field) {
    return field == null && !metadata.annotations().containsKey(ANNOTATION);
  }
}
