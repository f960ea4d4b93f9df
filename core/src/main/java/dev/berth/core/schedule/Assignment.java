package dev.berth.core.schedule;

import dev.berth.core.binding.Binding;
import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.model.Condition;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The transaction that gives a node: to the pod, to those that have to be there with it, and to
 * their claims; or that asks the node for what it has to make before.
 */
final class Assignment {
  private final ClusterView view;
  private final NodeSearch.Candidate best;
  private final Instant now;
  private final Draft draft = new Draft();
  private final Map<ObjectKey, VolumePlacement.Choice> chosen = new HashMap<>();
  private final Map<ObjectKey, OpenClaim> toMake = new HashMap<>();
  private final Set<ObjectKey> served = new HashSet<>();

  /**
   * @param best a node with the volumes of all of them
   */
  Assignment(ClusterView view, NodeSearch.Candidate best, Instant now) {
    this.view = view;
    this.best = best;
    this.now = now;
    best.volumes().volumes().forEach(choice -> chosen.put(choice.claim().key(), choice));
    best.volumes().toMake().forEach(open -> toMake.put(open.claim().key(), open));
  }

  /** Everything is there. Those for whom the transaction has no place come after it. */
  Plan give(Observed<Pod> pod, PodClaims.Ready claims, PodGang gang) {
    give(pod, claims);
    for (var member : gang.others()) {
      var its = member.claims();
      if (its != null && member.isPlaceable() && hasPlaceFor(1 + 2 * unserved(its).size())) {
        give(member.demand().pod(), its);
      }
    }
    return draft.relyOn(best.node()).whenever();
  }

  private boolean hasPlaceFor(int writes) {
    return draft.writeCount() + writes <= Transaction.MAX_WRITES;
  }

  /** The claims that get something with the node, and have not been looked at for another pod. */
  private List<OpenClaim> unserved(PodClaims.Ready claims) {
    return claims.open().stream().filter(open -> !served.contains(open.claim().key())).toList();
  }

  private void give(Observed<Pod> pod, PodClaims.Ready claims) {
    var node = best.node().key().name();
    for (var open : unserved(claims)) {
      served.add(open.claim().key());
      var choice = Objects.requireNonNull(chosen.get(open.claim().key()));
      Binding.write(draft, choice.volume(), choice.claim());
    }
    for (var bound : claims.bound()) {
      draft.relyOn(bound.claim()).relyOn(bound.volume());
    }
    draft.write(
        Edit.of(pod)
            .set(node, "spec", "nodeName")
            .remove("status", "nominatedNodeName")
            .condition(new Condition(PodScheduler.SCHEDULED, "True", "", "", null), now));
    draft.normal(
        pod,
        "Scheduled",
        "Successfully assigned %s/%s to %s"
            .formatted(pod.key().namespace(), pod.key().name(), node));
  }

  /**
   * The node makes the volumes first, and keeps room for the pods, which are given to it when their
   * claims are bound.
   */
  Plan askFor(Observed<Pod> pod, PodClaims.Ready claims, PodGang gang) {
    askFor(claims);
    keepRoom(pod);
    for (var member : gang.others()) {
      var its = member.claims();
      if (its != null && hasPlaceFor(1 + 2 * unserved(its).size())) {
        askFor(its);
        if (member.isPlaceable()) {
          keepRoom(member.demand().pod());
        }
      }
    }
    return draft.relieved(EnumSet.of(Plan.Relief.CLAIM, Plan.Relief.VOLUME));
  }

  private void keepRoom(Observed<Pod> pod) {
    draft.write(Edit.of(pod).set(best.node().key().name(), "status", "nominatedNodeName"));
  }

  private void askFor(PodClaims.Ready claims) {
    for (var open : unserved(claims)) {
      served.add(open.claim().key());
      if (toMake.containsKey(open.claim().key())) {
        var type = Objects.requireNonNull(open.maker());
        Provisioning.ask(draft, view, open.claim(), type, best.node(), true, now);
      } else if (!open.claim().view().volumeGroup().isEmpty()) {
        // The whole group goes to the node: the binder gives it all of its volumes at once.
        draft
            .write(
                Edit.of(open.claim())
                    .annotation(PersistentVolumeClaim.SELECTED_NODE, best.node().key().name()))
            .relyOn(best.node());
      }
    }
  }
}
