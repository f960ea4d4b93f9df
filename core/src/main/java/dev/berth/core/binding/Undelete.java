package dev.berth.core.binding;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Gives a released volume back to a claim of the namespace and name that it had: one that waits, or
 * one that is still to be created. The volume then names that claim without a uid, which reserves
 * it; the binder does the rest.
 */
public sealed interface Undelete {

  /**
   * It can be given back.
   *
   * @param patch the merge patch of the volume that does it, for the version that was judged only
   */
  record Possible(ObjectNode patch) implements Undelete {}

  /**
   * It cannot.
   *
   * @param why for the person who asked: what was found, and what to do
   */
  record Refused(String why) implements Undelete {}

  /**
   * @param claim the claim of that namespace and name that is there now; null for none
   */
  static Undelete of(PersistentVolume volume, @Nullable PersistentVolumeClaim claim) {
    var why = refusal(volume, claim);
    return why == null ? new Possible(patch()) : new Refused(why);
  }

  private static @Nullable String refusal(
      PersistentVolume volume, @Nullable PersistentVolumeClaim claim) {
    var reference = volume.spec().claimRef();
    if (volume.metadata().deleting()) {
      return "it is being deleted itself: create a volume for the disk again instead";
    }
    if (!volume.phase().equals(PersistentVolume.RELEASED)) {
      return "it is %s; only a volume that is Released can be given back"
          .formatted(volume.phase().isEmpty() ? "new" : volume.phase());
    }
    if (reference == null || reference.name().isEmpty()) {
      return "it does not say whose data it holds: spec.claimRef was removed";
    }
    if (WipeProtocol.isDirty(volume)) {
      return "the wipe of its data was already asked for, and may have begun";
    }
    if (!ProvisionProtocol.isThere(volume)) {
      return "the removal of its storage was already asked for; as long as that has not begun, setting"
          + " persistentVolumeReclaimPolicy to Retain stops it";
    }
    if (WipeProtocol.isDoneForItsClaim(volume)) {
      return "its data was already wiped";
    }
    if (claim != null
        && !claim.volumeName().isEmpty()
        && !claim.volumeName().equals(volume.metadata().name())) {
      return "the claim %s/%s has another volume now (%s): delete that claim first"
          .formatted(reference.namespace(), reference.name(), claim.volumeName());
    }
    return null;
  }

  private static ObjectNode patch() {
    var patch = Json.object();
    patch.withObject("metadata").withObject("annotations").putNull(Trash.RELEASED_AT);
    var reference = patch.withObject("spec").withObject("claimRef");
    reference.putNull("uid").putNull("resourceVersion");
    return patch;
  }
}
