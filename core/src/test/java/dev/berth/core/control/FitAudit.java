package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.util.Set;

/**
 * Looks at each binding when it is decided: was there a better volume that the decider had seen and
 * was not just writing itself?
 */
final class FitAudit implements SimulatedNetwork.Tap {
  private final WorldTruth truth;

  FitAudit(WorldTruth truth) {
    this.truth = truth;
  }

  @Override
  public void sent(Transaction transaction, long seen, Set<ObjectKey> inFlight) {
    truth.update();
    if (transaction.steps().stream().noneMatch(step -> step.key().resource().equals("pods"))) {
      for (var step : transaction.steps()) {
        if (step instanceof Transaction.Put(var key, var expected, var document)
            && key.resource().equals("persistentvolumeclaims")) {
          auditClaim(key, Json.view(document, PersistentVolumeClaim.class), seen, inFlight);
        }
      }
    }
  }

  private void auditClaim(
      ObjectKey key, PersistentVolumeClaim bound, long seen, Set<ObjectKey> inFlight) {
    var before = truth.view(key, PersistentVolumeClaim.class);
    var free = bound.volumeGroup().isEmpty() && bound.volumeSpread().isEmpty();
    if (bound.volumeName().isEmpty() || !free) {
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
          && BruteForce.BETTER.compare(other.view(), chosen) < 0) {
        throw new AssertionError(
            "claim %s was given %s although %s fits better"
                .formatted(key.name(), bound.volumeName(), other.key().name()));
      }
    }
  }
}
