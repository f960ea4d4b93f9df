package dev.berth.core.binding;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes a released volume available to any claim again. */
public sealed interface Release {

  /**
   * It can be.
   *
   * @param patch the merge patch of the volume that does it, for the version that was judged only
   */
  record Possible(ObjectNode patch) implements Release {}

  /**
   * It cannot.
   *
   * @param why for the person who asked: what was found, and what to do
   */
  record Refused(String why) implements Release {}

  /**
   * @param withData whether the next claim may get what the former one left
   */
  static Release of(PersistentVolume volume, boolean withData) {
    var why = refusal(volume, withData);
    return why == null ? new Possible(patch()) : new Refused(why);
  }

  private static @Nullable String refusal(PersistentVolume volume, boolean withData) {
    var released =
        volume.phase().equals(PersistentVolume.RELEASED)
            || volume.phase().equals(PersistentVolume.FAILED);
    if (volume.metadata().deleting()) {
      return "it is being deleted itself";
    }
    if (!released) {
      return "it is %s; only a volume that is Released can be released to others"
          .formatted(volume.phase().isEmpty() ? "new" : volume.phase());
    }
    if (WipeProtocol.isDirty(volume)) {
      return "the wipe of its data was asked for: it becomes Available when that is done";
    }
    if (!ProvisionProtocol.isThere(volume)) {
      return NodeProvisioner.isMadeByHand(volume)
          ? "the removal of its storage was asked for: it becomes Available when that is done"
          : "the removal of its storage was asked for: it goes then";
    }
    if (WipeProtocol.isForOthers(volume)) {
      return "its provisioner %s deletes it".formatted(volume.provisionedBy());
    }
    if (withData || WipeProtocol.isDoneForItsClaim(volume)) {
      return null;
    }
    var claim = volume.spec().claimRef();
    return ("it still holds the data of %s, which whoever gets it next would get: say that this is"
            + " meant (?withData=true, berth release --with-data), or have it wiped first (kubectl"
            + " patch pv %s -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Delete\"}}')")
        .formatted(
            claim == null
                ? "its former claim"
                : "claim %s/%s".formatted(claim.namespace(), claim.name()),
            volume.metadata().name());
  }

  private static ObjectNode patch() {
    var patch = Json.object();
    patch.withObject("metadata").withObject("annotations").putNull(Trash.RELEASED_AT);
    patch.withObject("spec").putNull("claimRef");
    return patch;
  }
}
