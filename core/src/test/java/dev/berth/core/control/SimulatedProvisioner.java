package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Somebody else's program that makes volumes, by the words that such programs wait for. Now and
 * then it cannot make one where it was sent to, and gives the node back.
 */
final class SimulatedProvisioner {
  static final String NAME = "example.com/disks";
  private static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  private final ObjectStore store;
  private final WorldTruth truth;
  private final Random random;

  SimulatedProvisioner(ObjectStore store, WorldTruth truth, Random random) {
    this.store = store;
    this.truth = truth;
    this.random = random;
  }

  /**
   * Does one thing, if there is one to do.
   *
   * @param reliable whether it succeeds
   */
  boolean act(boolean reliable) {
    for (var claim : truth.claims()) {
      if (isToBeServed(claim.view())) {
        serve(claim, reliable);
        return true;
      }
    }
    for (var volume : truth.volumes()) {
      if (isToBeRemoved(volume.view())) {
        var request = Removal.request(volume, Instant.EPOCH);
        if (request != null) {
          commit(request);
          return true;
        }
      }
    }
    return false;
  }

  private void commit(Transaction.Step step) {
    store.commit(Transaction.of(step)).join();
  }

  private boolean isToBeServed(PersistentVolumeClaim claim) {
    return NAME.equals(claim.metadata().annotations().get(PersistentVolumeClaim.PROVISIONER))
        && claim.volumeName().isEmpty()
        && !claim.metadata().deleting()
        && (!truth.isDelayed(claim.className()) || sentTo(claim) != null)
        && truth.get(Keys.volume(volume(claim))) == null;
  }

  private static String volume(PersistentVolumeClaim claim) {
    return "ext-" + claim.metadata().uid();
  }

  private static @Nullable String sentTo(PersistentVolumeClaim claim) {
    return claim.metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
  }

  private void serve(Observed<PersistentVolumeClaim> claim, boolean reliable) {
    var view = claim.view();
    var host = sentTo(view);
    if (host != null && !reliable && random.nextInt(3) == 0) {
      var tree = Json.parseObject(claim.document());
      tree.withObject("metadata")
          .withObject("annotations")
          .remove(PersistentVolumeClaim.SELECTED_NODE);
      commit(new Transaction.Put(claim.key(), Expectation.at(claim.revision()), Json.write(tree)));
      return;
    }
    var hosts = SimulatedUsers.HOSTS;
    var made =
        Manifest.volume(volume(view), view.request().toString())
            .uid("disk-" + view.metadata().uid())
            .classed(view.className())
            .modes(view.spec().accessModes().toArray(new String[0]))
            .label("disk", "ssd")
            .annotation(PROVISIONED_BY, NAME)
            .policy("Delete")
            .claimRef(claim.key().name(), view.metadata().uid())
            .on(host == null ? hosts.get(random.nextInt(hosts.size())) : host);
    if (view.block()) {
      made.block();
    }
    made.tree().withObject("spec").remove("local");
    made.set(NAME, "spec", "csi", "driver").set(volume(view), "spec", "csi", "volumeHandle");
    commit(new Transaction.Put(made.key(), Expectation.absent(), made.document()));
  }

  private static boolean isToBeRemoved(PersistentVolume volume) {
    return NAME.equals(volume.metadata().annotations().get(PROVISIONED_BY))
        && volume.phase().equals("Released")
        && volume.reclaimPolicy().equals("Delete")
        && !volume.metadata().deleting();
  }
}
