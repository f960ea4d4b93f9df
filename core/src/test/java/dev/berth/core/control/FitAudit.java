package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Looks at each binding when it is decided: was there a better volume that the decider had seen and
 * was not just writing itself?
 */
final class FitAudit implements SimulatedNetwork.Tap {
  private final WorldTruth truth;
  private final RoomAudit room;

  /**
   * @param room is asked, too
   */
  FitAudit(WorldTruth truth, RoomAudit room) {
    this.truth = truth;
    this.room = room;
  }

  @Override
  public void sent(Transaction transaction, long seen, Set<ObjectKey> inFlight) {
    truth.update();
    room.sent(transaction, seen, inFlight);
    auditGang(transaction, seen, inFlight);
    if (transaction.steps().stream().noneMatch(step -> step.key().resource().equals("pods"))) {
      for (var step : transaction.steps()) {
        if (step instanceof Transaction.Put(var key, var expected, var document)
            && key.resource().equals("persistentvolumeclaims")) {
          var bound = Json.view(document, PersistentVolumeClaim.class);
          auditClaim(key, bound, given(transaction), seen, inFlight);
        }
      }
    }
  }

  /** Pods that have to be in one place get it together. */
  private void auditGang(Transaction transaction, long seen, Set<ObjectKey> inFlight) {
    var placed = new HashMap<ObjectKey, String>();
    for (var step : transaction.steps()) {
      if (step instanceof Transaction.Put(var key, var expected, var document)
          && key.resource().equals("pods")) {
        var after = Json.view(document, Pod.class);
        var before = truth.view(key, Pod.class);
        if (before != null && before.nodeName().isEmpty() && !after.nodeName().isEmpty()) {
          placed.put(key, after.nodeName());
        }
      }
    }
    for (var key : placed.keySet()) {
      var pod = truth.view(key, Pod.class);
      var gang = pod == null ? null : GangTruth.of(truth, pod);
      if (gang == null || !isSeen(gang, seen, inFlight)) {
        continue;
      }
      for (var other : gang.ready()) {
        var name = other.metadata().name();
        if (!Objects.equals(placed.get(key), placed.get(Keys.pod("default", name)))) {
          throw new AssertionError(
              "pod %s was given a node, and %s, which has to be there too, was not"
                  .formatted(key.name(), name));
        }
      }
    }
  }

  /** Whether the decider knew all of them as they are. */
  private boolean isSeen(GangTruth gang, long seen, Set<ObjectKey> inFlight) {
    var keys = new ArrayList<ObjectKey>();
    gang.pods().forEach(pod -> keys.add(Keys.pod("default", pod.metadata().name())));
    gang.open().forEach(claim -> keys.add(Keys.claim("default", claim.metadata().name())));
    for (var key : keys) {
      var object = truth.get(key);
      if (object == null || object.revision() > seen || inFlight.contains(key)) {
        return false;
      }
    }
    return true;
  }

  private void auditClaim(
      ObjectKey key,
      PersistentVolumeClaim bound,
      List<PersistentVolume> given,
      long seen,
      Set<ObjectKey> inFlight) {
    var before = truth.view(key, PersistentVolumeClaim.class);
    if (bound.volumeName().isEmpty() || !bound.volumeSpread().isEmpty()) {
      return;
    }
    var chosen = truth.view(Keys.volume(bound.volumeName()), PersistentVolume.class);
    if (before == null
        || chosen == null
        || !before.volumeName().isEmpty()
        || chosen.spec().claimRef() != null) {
      return;
    }
    for (var other : truth.volumes()) {
      if (other.revision() <= seen
          && !inFlight.contains(other.key())
          && BruteForce.isFree(other.view())
          && BruteForce.fits(other.view(), before)
          && (bound.volumeGroup().isEmpty() || isBeside(other.view(), given))
          && BruteForce.BETTER.compare(other.view(), chosen) < 0) {
        throw new AssertionError(
            "claim %s was given %s although %s fits better"
                .formatted(key.name(), bound.volumeName(), other.key().name()));
      }
    }
  }

  /** The volumes that a transaction gives to claims. */
  private List<PersistentVolume> given(Transaction transaction) {
    return transaction.steps().stream()
        .map(step -> truth.get(step.key()))
        .filter(object -> object != null && object.view() instanceof PersistentVolume)
        .map(object -> (PersistentVolume) object.view())
        .toList();
  }

  /** Whether it is none of them, and is wherever all of them are. */
  private boolean isBeside(PersistentVolume volume, List<PersistentVolume> given) {
    return !given.contains(volume)
        && truth.nodes().stream()
            .filter(node -> given.stream().allMatch(each -> isOn(each, node)))
            .allMatch(node -> isOn(volume, node));
  }

  private static boolean isOn(PersistentVolume volume, Observed<Node> node) {
    return volume.reachableFrom(node.key().name(), node.view().metadata().labels());
  }
}
