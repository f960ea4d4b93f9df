package dev.berth.core.schedule;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.model.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A rule that says which nodes cannot take a certain pod because of what is around: its volumes,
 * and the pods on this and other nodes. Made for one decision.
 */
@FunctionalInterface
interface PlaceFilter {

  /**
   * @param node has a Node object
   * @param shift what is supposed of its pods
   */
  void check(NodeState node, Node object, Shift shift, Consumer<Refusal> refusals);

  /** Those that have something to say about the pod, the cheap ones first. */
  static List<PlaceFilter> of(ClusterView view, PodDemand pod, PodClaims.Ready claims) {
    var filters = new ArrayList<PlaceFilter>();
    if (claims.missing()) {
      filters.add(
          (node, object, shift, refusals) ->
              refusals.accept(Refusal.of(Refusal.Rule.VOLUME_MISSING)));
    }
    if (!claims.bound().isEmpty()) {
      filters.add((node, object, shift, refusals) -> boundVolumes(claims, node, object, refusals));
    }
    if (claims.open().stream().anyMatch(open -> open.spread().matters())) {
      filters.add(
          (node, object, shift, refusals) -> {
            if (!OpenClaim.allMayBeOn(object, claims.open())) {
              refusals.accept(Refusal.of(Refusal.Rule.VOLUME_SPREAD));
            }
          });
    }
    SoleUse.of(view, pod, claims).ifPresent(filters::add);
    VolumeLimits.of(view, claims).ifPresent(filters::add);
    filters.addAll(PodAffinityFilters.of(view, pod));
    filters.addAll(SpreadFilter.of(view, pod));
    return filters;
  }

  private static void boundVolumes(
      PodClaims.Ready claims, NodeState node, Node object, Consumer<Refusal> refusals) {
    for (var bound : claims.bound()) {
      if (!bound.volume().view().reachableFrom(node.name(), object.metadata().labels())) {
        refusals.accept(Refusal.of(Refusal.Rule.VOLUME_PLACE));
        return;
      }
    }
  }

  /** Why the node has no volumes for the open claims, when it has none. */
  static Refusal noVolumes(ClusterView view, Node object, List<OpenClaim> open) {
    if (VolumePlacement.isPossibleWithSpace(view, object, open)) {
      return Refusal.of(Refusal.Rule.NO_SPACE);
    }
    return Refusal.ofNoVolume(VolumePlacement.cordoned(view, object, open));
  }
}
