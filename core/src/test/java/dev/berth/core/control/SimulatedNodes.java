package dev.berth.core.control;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Transaction;
import java.util.Random;
import tools.jackson.databind.node.ObjectNode;

/**
 * The nodes of a simulated world, which wipe and make what they are asked to, and end pods; and an
 * external provisioner.
 */
final class SimulatedNodes {
  private final ObjectStore store;
  private final WorldTruth truth;
  private final WorldInvariants invariants;
  private final Random random;
  private final SimulatedMakers makers;
  private final SimulatedProvisioner provisioner;

  SimulatedNodes(ObjectStore store, WorldTruth truth, WorldInvariants invariants, Random random) {
    this.store = store;
    this.truth = truth;
    this.invariants = invariants;
    this.random = random;
    this.makers = new SimulatedMakers(store, truth, invariants, random);
    this.provisioner = new SimulatedProvisioner(store, truth, random);
  }

  /** What nodes say when they come. */
  void prepare() {
    makers.reportAll();
  }

  /** Does one thing of each kind, if there is one to do. */
  void act() {
    makers.act();
    if (random.nextInt(3) == 0) {
      provisioner.act(false);
    }
    if (random.nextBoolean()) {
      wipeOne();
    } else {
      endOne();
    }
  }

  /** Does everything that there is to do. */
  void finish() {
    while (wipeOne() || endOne() || makers.finishOne() || provisioner.act(true)) {
      truth.update();
    }
  }

  private boolean wipeOne() {
    for (var volume : truth.volumes()) {
      for (var node : truth.nodes()) {
        if (WipeProtocol.isRequestedOf(volume.view(), node.key().name())
            && WipeProtocol.of(volume.view()) instanceof WipeProtocol.Requested(var generation)) {
          invariants.checkWipe(volume.view());
          truth.forgetData(volume.view());
          var tree = Json.parseObject(volume.document());
          annotations(tree).put(WipeProtocol.WIPE, WipeProtocol.done(generation));
          commit(
              new Transaction.Put(
                  volume.key(), Expectation.at(volume.revision()), Json.write(tree)));
          return true;
        }
      }
    }
    return false;
  }

  private static ObjectNode annotations(ObjectNode tree) {
    return tree.withObject("metadata").withObject("annotations");
  }

  private boolean endOne() {
    for (var pod : truth.pods()) {
      if (pod.view().metadata().deleting() && truth.get(Keys.node(pod.view().nodeName())) != null) {
        commit(new Transaction.Delete(pod.key(), Expectation.at(pod.revision())));
        return true;
      }
    }
    return false;
  }

  private void commit(Transaction.Step step) {
    store.commit(Transaction.of(step)).join();
  }
}
