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
 * true ({@code FileSystemResizePending} on the claim, in the same transaction, with what is on its
 * way in {@code allocatedResources}). While the node has not done it the claim may ask for less,
 * and the volume promises less again. The disk of a local volume is made larger by its
 * administrator, who then says so in its capacity; the rest is the node's. Every other volume is
 * waited for. A larger volume alone changes no claim.
 */
final class Expansion {
  private static final String STORAGE = "storage";

  private Expansion() {}

  /** The next step; an empty draft when there is none. */
  static Draft next(
      Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume, Instant now) {
    var draft = new Draft();
    if (claim.view().metadata().deleting()) {
      return draft;
    }
    var asked = claim.view().request();
    var has = claim.view().capacity();
    var source = volume.view().spec().csi();
    var ours = source != null && NodeProvisioner.of(source.driver()).isPresent();
    if (asked.compareTo(has) <= 0) {
      // The node had made it larger already when less was asked for.
      return ours && has.compareTo(volume.view().storage()) > 0
          ? draft.write(promising(volume, has))
          : draft;
    }
    var local = volume.view().spec().local() != null;
    var lacks = volume.view().storage().compareTo(asked) < 0;
    if (lacks && !ours) {
      return draft.normal(claim, "ExternalExpanding", waits(volume, asked, local));
    }
    if (!ours && !local) {
      return draft;
    }
    if (lacks || (ours && isGivenUp(claim.view(), volume.view(), asked))) {
      draft.write(promising(volume, asked));
    }
    var pending = pending(claim, volume, asked, now);
    return pending.makesADifference() ? draft.write(pending) : draft;
  }

  private static Edit promising(Observed<PersistentVolume> volume, Quantity size) {
    return Edit.of(volume).set(size.toString(), "spec", "capacity", STORAGE);
  }

  /** Whether the volume promises what the claim asked for before, and asks no more. */
  private static boolean isGivenUp(
      PersistentVolumeClaim claim, PersistentVolume volume, Quantity asked) {
    var begun = claim.status().allocatedResources().get(STORAGE);
    return claim.resizePending()
        && begun != null
        && begun.compareTo(asked) > 0
        && begun.compareTo(volume.storage()) == 0;
  }

  private static Edit pending(
      Observed<PersistentVolumeClaim> claim,
      Observed<PersistentVolume> volume,
      Quantity asked,
      Instant now) {
    var edit = Edit.of(claim);
    var begun = claim.view().status().allocatedResources().get(STORAGE);
    if (begun == null || begun.compareTo(asked) != 0) {
      edit.set(asked.toString(), "status", "allocatedResources", STORAGE)
          .set("NodeResizePending", "status", "allocatedResourceStatuses", STORAGE);
    }
    if (!claim.view().resizePending()) {
      var condition =
          new Condition(
              PersistentVolumeClaim.RESIZE_PENDING,
              "True",
              "",
              "Waiting for the node of a pod that uses it to make volume %s larger"
                  .formatted(volume.key().name()),
              null);
      edit.condition(condition, now);
    }
    return edit;
  }

  private static String waits(Observed<PersistentVolume> volume, Quantity asked, boolean local) {
    return local
        ? "waiting for the disk of volume %s to be made larger, and for its spec.capacity.storage to be %s"
            .formatted(volume.key().name(), asked)
        : "waiting for an external controller to make volume %s larger"
            .formatted(volume.key().name());
  }
}
