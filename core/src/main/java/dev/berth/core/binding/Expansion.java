package dev.berth.core.binding;

import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Condition;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.provision.NodeProvisioner;
import java.time.Instant;

/**
 * What has to happen for a bound claim that asks for more than it has. The volume of one of our own
 * provisioners is to be as large as the claim asks: its capacity says so, and its node makes it
 * true ({@code FileSystemResizePending} on the claim, in the same transaction). The disk of a local
 * volume is made larger by its administrator, who then says so in its capacity; the rest is the
 * node's. Every other volume is waited for. A larger volume alone changes no claim.
 */
final class Expansion {
  private static final String STORAGE = "storage";

  private Expansion() {}

  /** The next step; an empty draft when there is none. */
  static Draft next(
      Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume, Instant now) {
    var draft = new Draft();
    var asked = claim.view().request();
    var has = claim.view().status().capacity().getOrDefault(STORAGE, Quantity.ZERO);
    if (asked.compareTo(has) <= 0 || claim.view().metadata().deleting()) {
      return draft;
    }
    var source = volume.view().spec().csi();
    var ours = source != null && NodeProvisioner.of(source.driver()).isPresent();
    var local = volume.view().spec().local() != null;
    if (volume.view().storage().compareTo(asked) < 0) {
      if (!ours) {
        return draft.normal(claim, "ExternalExpanding", waits(volume, asked, local));
      }
      draft.write(Edit.of(volume).set(asked.toString(), "spec", "capacity", STORAGE));
    } else if (!ours && !local) {
      return draft;
    }
    if (!claim.view().resizePending()) {
      var pending =
          new Condition(
              PersistentVolumeClaim.RESIZE_PENDING,
              "True",
              "",
              "Waiting for the node of a pod that uses it to make volume %s larger"
                  .formatted(volume.key().name()),
              null);
      draft.write(Edit.of(claim).condition(pending, now));
    }
    return draft;
  }

  private static String waits(Observed<PersistentVolume> volume, Quantity asked, boolean local) {
    return local
        ? "waiting for the disk of volume %s to be made larger, and for its spec.capacity.storage to be %s"
            .formatted(volume.key().name(), asked)
        : "waiting for an external controller to make volume %s larger"
            .formatted(volume.key().name());
  }
}
