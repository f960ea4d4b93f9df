package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * For how long a released volume keeps its data before the wipe is asked for, so that a claim that
 * was deleted by mistake can be had back ({@link Undelete}).
 *
 * <p>What claim or class ask for is remembered on the volume while it is bound, because neither
 * need be there any more when it counts. The time of the release is written with the release; the
 * end is always reckoned from the two, so that an administrator can change it while it runs.
 */
public final class Trash {
  /** Annotation: when the volume was found released, in the same write. */
  static final String RELEASED_AT = "berth.dev/released-at";

  private Trash() {}

  /** Writes into the volume what its claim, or else its class, ask for now. */
  static void remember(Edit edit, ClusterView view, PersistentVolumeClaim claim) {
    edit.annotation(KeepTime.ANNOTATION, asked(view, claim)).annotation(RELEASED_AT, null);
  }

  /**
   * Writes into the volume what the claim asks for, as far as that can be told without its class.
   */
  static void remember(Edit edit, PersistentVolumeClaim claim) {
    var own = claim.metadata().annotations().get(KeepTime.ANNOTATION);
    if (own != null) {
      edit.annotation(KeepTime.ANNOTATION, own);
    }
    edit.annotation(RELEASED_AT, null);
  }

  /** Nothing of a former claim is kept any more. */
  static void forget(Edit edit) {
    edit.annotation(KeepTime.ANNOTATION, null).annotation(RELEASED_AT, null);
  }

  private static @Nullable String asked(ClusterView view, PersistentVolumeClaim claim) {
    var own = claim.metadata().annotations().get(KeepTime.ANNOTATION);
    return own == null ? ofClass(view, claim.className()) : own;
  }

  private static @Nullable String ofClass(ClusterView view, String name) {
    var type = view.storageClass(name);
    return type == null ? null : type.view().metadata().annotations().get(KeepTime.ANNOTATION);
  }

  /**
   * Until when the data of a released volume is kept; null when not at all. Noted in the edit, if
   * it is not yet.
   */
  static @Nullable Instant keep(
      Edit edit, ClusterView view, Observed<PersistentVolume> observed, Instant now) {
    var volume = observed.view();
    var remembered = volume.metadata().annotations().get(KeepTime.ANNOTATION);
    var asked = remembered == null ? ofClass(view, volume.className()) : remembered;
    if (asked == null) {
      return null;
    }
    // Without a time that can be understood nothing is destroyed before somebody says what is
    // meant.
    var time = KeepTime.parse(asked).orElse(Duration.ofDays(3653));
    if (time.isZero()) {
      return null;
    }
    var noted = releasedAt(volume);
    var released = noted == null ? now.truncatedTo(ChronoUnit.SECONDS) : noted;
    edit.annotation(KeepTime.ANNOTATION, asked).annotation(RELEASED_AT, released.toString());
    var end = released.plus(time);
    return end.isAfter(now) ? end : null;
  }

  /** Notes when the volume was released, if it is not yet: its data is not given up. */
  static void note(Edit edit, PersistentVolume volume, Instant now) {
    if (releasedAt(volume) == null) {
      edit.annotation(RELEASED_AT, now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
  }

  private static @Nullable Instant releasedAt(PersistentVolume volume) {
    var text = volume.metadata().annotations().get(RELEASED_AT);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Whether data of a former claim is on the volume that has not been given up yet. */
  public static boolean holds(PersistentVolume volume) {
    return volume.reclaimPolicy().equals("Delete")
        && volume.metadata().annotations().containsKey(RELEASED_AT);
  }
}
