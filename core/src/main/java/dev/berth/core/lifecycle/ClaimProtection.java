package dev.berth.core.lifecycle;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Removal;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * A claim does not go while a pod that was given a node uses it. A finished pod still counts: its
 * containers may be read. A pod without a node does not.
 */
public final class ClaimProtection implements Reconciler {

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    if (Keys.is(transition.key(), ResourceTypes.CLAIM)) {
      wake.accept(transition.key());
    } else if (transition.before() instanceof Pod pod && !pod.nodeName().isEmpty()) {
      for (var name : pod.claimNames()) {
        var claim = view.claim(Keys.claim(transition.key().namespace(), name));
        if (claim != null && claim.view().metadata().deleting()) {
          wake.accept(claim.key());
        }
      }
    }
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var claim = view.claim(key);
    if (claim == null) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var isProtected = Finalizers.has(claim, Finalizers.CLAIM_PROTECTION);
    if (!claim.view().metadata().deleting()) {
      return isProtected
          ? Plan.NOTHING
          : new Draft().step(Finalizers.add(claim, Finalizers.CLAIM_PROTECTION)).whenever();
    }
    if (!isProtected) {
      return Plan.NOTHING;
    }
    var users =
        view.pods().using(key).stream()
            .filter(pod -> holds(view, pod))
            .map(ObjectKey::name)
            .toList();
    if (users.isEmpty()) {
      return new Draft().step(Removal.giveUp(claim, Finalizers.CLAIM_PROTECTION)).whenever();
    }
    return new Draft()
        .normal(
            claim,
            "InUse",
            "its deletion waits for the pods that use it: %s".formatted(String.join(", ", users)))
        .whenever();
  }

  private static boolean holds(ClusterView view, ObjectKey key) {
    var pod = view.pod(key);
    return pod != null && !pod.view().nodeName().isEmpty();
  }
}
