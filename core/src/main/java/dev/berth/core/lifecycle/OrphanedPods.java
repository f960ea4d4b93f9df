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
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * A pod whose Node object was deleted cannot end by itself: it is removed, after a while in which
 * the node may register again.
 */
public final class OrphanedPods implements Reconciler {

  /** How long a Node object may be missing. */
  static final Duration PATIENCE = Duration.ofSeconds(40);

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    if (transition.after() instanceof Pod pod) {
      if (!pod.nodeName().isEmpty() && view.node(pod.nodeName()) == null) {
        wake.accept(transition.key());
      }
    } else if (Keys.is(transition.key(), ResourceTypes.NODE) && transition.after() == null) {
      view.nodes().podsNaming(transition.key().name()).forEach(wake);
    }
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var pod = view.pod(key);
    if (pod == null || pod.view().nodeName().isEmpty()) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var name = pod.view().nodeName();
    var state = view.nodes().get(name);
    var goneSince = state == null ? null : state.goneSince();
    if (goneSince == null) {
      return Plan.NOTHING;
    }
    if (now.isBefore(goneSince.plus(PATIENCE))) {
      return Plan.lookAt(goneSince.plus(PATIENCE));
    }
    var removal = Removal.force(pod, now);
    if (removal == null) {
      return Plan.NOTHING;
    }
    return new Draft()
        .step(removal)
        .relyOnAbsence(Keys.node(name))
        .warning(pod, "NodeGone", "its node %s does not exist any more".formatted(name))
        .whenever();
  }
}
