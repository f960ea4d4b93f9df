package dev.berth.core.control;

import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Quantity;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletionException;

/**
 * The nodes' half of {@link ProvisionProtocol} in a simulated world. What a node does and what it
 * says of it are two moments, between which it can die, and others can change their minds; it can
 * die with half an image made or removed, fail for no reason, and have no room.
 */
final class SimulatedMakers {

  /** What a node has done, and not said yet. */
  private record Answer(Observed<PersistentVolume> seen, String word, String message) {}

  private final ObjectStore store;
  private final WorldTruth truth;
  private final WorldInvariants invariants;
  private final Random random;
  private final int reliability;
  private final boolean reports;
  private int troubles;
  private final Map<String, Answer> unsaid = new HashMap<>();

  SimulatedMakers(ObjectStore store, WorldTruth truth, WorldInvariants invariants, Random random) {
    this.store = store;
    this.truth = truth;
    this.invariants = invariants;
    this.random = random;
    this.reports = truth.pools().reported();
    this.reliability = 2 + random.nextInt(6);
    this.troubles = random.nextInt(12);
  }

  /** One thing of one node, if it has something to do. */
  void act() {
    var host = SimulatedUsers.HOSTS.get(random.nextInt(SimulatedUsers.HOSTS.size()));
    act(host, random.nextInt(reliability) == 0);
  }

  /** One thing that there is to do, if there is one; what goes wrong comes to an end. */
  boolean finishOne() {
    for (var host : SimulatedUsers.HOSTS) {
      var wrong = troubles > 0 && random.nextBoolean();
      if (act(host, wrong)) {
        troubles -= wrong ? 1 : 0;
        return true;
      }
    }
    return false;
  }

  private boolean act(String host, boolean wrong) {
    if (truth.get(Keys.node(host)) == null) {
      return false;
    }
    if (reports && report(host)) {
      return true;
    }
    var answer = unsaid.remove(host);
    if (answer != null) {
      if (!wrong) {
        say(answer);
      }
      return true;
    }
    for (var volume : truth.volumes()) {
      if (ProvisionProtocol.isRequestedOf(volume.view(), host)) {
        make(host, volume, wrong);
        return true;
      }
      if (ProvisionProtocol.isRemovalRequestedOf(volume.view(), host)) {
        if (ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.RemovalRequested) {
          begin(host, volume);
        } else {
          remove(host, volume, wrong);
        }
        return true;
      }
    }
    return false;
  }

  /** Tells what is left, if that is news. */
  private boolean report(String host) {
    var left = Quantity.ofBytes(truth.pools().free(host));
    for (var type : SimulatedUsers.MAKING) {
      var key = Keys.capacity(host, type);
      var there = truth.view(key, CsiStorageCapacity.class);
      if (there == null || !Objects.equals(left, there.capacity())) {
        var report =
            Manifest.of(key, "storage.k8s.io/v1", "CSIStorageCapacity")
                .set(type, "storageClassName")
                .set(host, "nodeTopology", "matchLabels", Node.HOSTNAME_LABEL)
                .set(left.toString(), "capacity");
        var put = new Transaction.Put(key, Expectation.anything(), report.document());
        store.commit(Transaction.of(put)).join();
        return true;
      }
    }
    return false;
  }

  /** Reports everything there is to report. */
  void reportAll() {
    for (var host : SimulatedUsers.HOSTS) {
      while (reports && report(host)) {
        truth.update();
      }
    }
  }

  private void make(String host, Observed<PersistentVolume> volume, boolean wrong) {
    var name = volume.key().name();
    var bytes = volume.view().storage().ceiling();
    var there = truth.pools().image(host, name);
    if (there == null && truth.pools().free(host) < bytes) {
      unsaid.put(host, new Answer(volume, ProvisionProtocol.failed(generation(volume)), "full"));
    } else if (wrong && random.nextBoolean()) {
      truth.pools().put(host, name, bytes, there != null && there.whole());
    } else if (wrong) {
      truth.pools().remove(host, name);
      unsaid.put(host, new Answer(volume, ProvisionProtocol.failed(generation(volume)), "broken"));
    } else {
      truth.pools().put(host, name, bytes, true);
      unsaid.put(host, new Answer(volume, ProvisionProtocol.made(generation(volume)), ""));
    }
  }

  /** Between its read and its write others may have had it kept. */
  private void begin(String host, Observed<PersistentVolume> volume) {
    unsaid.put(host, new Answer(volume, ProvisionProtocol.removing(generation(volume)), ""));
  }

  private void remove(String host, Observed<PersistentVolume> volume, boolean wrong) {
    var name = volume.key().name();
    if (wrong) {
      var there = truth.pools().image(host, name);
      if (there != null) {
        truth.pools().put(host, name, there.bytes(), false);
      }
    } else {
      if (NodeProvisioner.isMadeByHand(volume.view())) {
        invariants.checkWipe(volume.view());
        truth.forgetData(volume.view());
      }
      truth.pools().remove(host, name);
      unsaid.put(host, new Answer(volume, ProvisionProtocol.removed(generation(volume)), ""));
    }
  }

  private static long generation(Observed<PersistentVolume> volume) {
    var state = volume.view().metadata().annotations().get(ProvisionProtocol.PROVISION);
    return Long.parseLong(String.valueOf(state).split("/", 2)[1]);
  }

  /** As a patch of the version that was read: of another one the node reads first. */
  private void say(Answer answer) {
    var tree = Json.parseObject(answer.seen().document());
    tree.withObject("metadata")
        .withObject("annotations")
        .put(ProvisionProtocol.PROVISION, answer.word());
    if (!answer.message().isEmpty()) {
      tree.withObject("status").put("message", answer.message());
    }
    var expected = Expectation.at(answer.seen().revision());
    try {
      var put = new Transaction.Put(answer.seen().key(), expected, Json.write(tree));
      store.commit(Transaction.of(put)).join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof StoreException.Conflict)) {
        throw e;
      }
    }
  }
}
