package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.PodPlaces;
import dev.berth.core.control.PodSelector;
import dev.berth.core.control.Tally;
import dev.berth.core.model.Affinity;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Near which pods a pod must be, near which it must not be, and which do not want it near. */
final class PodAffinityFilters {

  private PodAffinityFilters() {}

  /**
   * Pods of one sort by place.
   *
   * @param pod that looks for a node: itself it is not counted where it is expected
   * @param counted whether a pod is of the sort
   */
  private record Near(
      PodPlaces places, Pod pod, String topologyKey, Tally tally, Predicate<Pod> counted) {

    /** Whether there are any, wherever. */
    boolean exist() {
      return tally.total() > (counted.test(pod) && places.isExpected(pod) ? 1 : 0);
    }

    /** How many are near the node, as is supposed. */
    int around(Node node, Shift shift) {
      var place = node.metadata().labels().get(topologyKey);
      if (place == null) {
        return 0;
      }
      var count = tally.by(topologyKey).getOrDefault(place, 0);
      count -= countedAlready(pod, place);
      for (var gone : shift.gone()) {
        count -= counted.test(gone.view()) ? 1 : 0;
      }
      for (var come : shift.come()) {
        count += counted.test(come.view()) ? 1 - countedAlready(come.view(), place) : 0;
      }
      return count;
    }

    private int countedAlready(Pod expected, String place) {
      return place.equals(places.expectedPlace(expected, topologyKey)) && counted.test(expected)
          ? 1
          : 0;
    }
  }

  static List<PlaceFilter> of(ClusterView view, PodDemand demand) {
    var pod = demand.pod().view();
    var filters = new ArrayList<PlaceFilter>();
    var places = view.nodes().podPlaces();
    var affinity = pod.spec().affinity();
    if (affinity != null) {
      var wanted = near(places, pod, affinity.podAffinity());
      if (!wanted.isEmpty()) {
        filters.add(affinity(pod, wanted));
      }
      var unwanted = near(places, pod, affinity.podAntiAffinity());
      if (!unwanted.isEmpty()) {
        filters.add(nobodyAround(unwanted, Refusal.Rule.POD_ANTI_AFFINITY));
      }
    }
    var opponents = new ArrayList<Near>();
    places.wishesAbout(
        pod,
        (wish, owners) -> {
          if (wish.isBan()) {
            opponents.add(
                new Near(
                    places,
                    pod,
                    wish.topologyKey(),
                    owners,
                    other -> PodPlaces.wishesOf(other).contains(wish)));
          }
        });
    if (!opponents.isEmpty()) {
      filters.add(nobodyAround(opponents, Refusal.Rule.EXISTING_ANTI_AFFINITY));
    }
    return filters;
  }

  /** What those that have come to the node, as is supposed, have against a pod beside them. */
  static void bans(
      PodPlaces places, Pod pod, Node object, Shift shift, Consumer<Refusal> refusals) {
    for (var other : shift.come()) {
      for (var wish : PodPlaces.wishesOf(other.view())) {
        if (wish.isBan()
            && places.matches(wish.selector(), pod)
            && object.metadata().labels().containsKey(wish.topologyKey())) {
          refusals.accept(Refusal.of(Refusal.Rule.EXISTING_ANTI_AFFINITY));
          return;
        }
      }
    }
  }

  private static List<Near> near(
      PodPlaces places, Pod pod, Affinity.@Nullable PodAffinity affinity) {
    var near = new ArrayList<Near>();
    if (affinity != null) {
      for (var term : affinity.requiredDuringSchedulingIgnoredDuringExecution()) {
        var selector = PodSelector.of(term, pod.metadata().namespace());
        near.add(
            new Near(
                places,
                pod,
                term.topologyKey(),
                places.tally(selector),
                other -> places.matches(selector, other)));
      }
    }
    return near;
  }

  /**
   * All sorts must be around. The first pod of a group whose members want to be near each other may
   * go wherever the places are named.
   */
  private static PlaceFilter affinity(Pod pod, List<Near> wanted) {
    var first = wanted.stream().allMatch(near -> !near.exist() && near.counted().test(pod));
    return (NodeState node, Node object, Shift shift, Consumer<Refusal> refusals) -> {
      for (var near : wanted) {
        var named = object.metadata().labels().containsKey(near.topologyKey());
        if (!named || !(first || near.around(object, shift) > 0)) {
          refusals.accept(Refusal.of(Refusal.Rule.POD_AFFINITY));
          return;
        }
      }
    };
  }

  private static PlaceFilter nobodyAround(List<Near> unwanted, Refusal.Rule rule) {
    return (NodeState node, Node object, Shift shift, Consumer<Refusal> refusals) -> {
      for (var near : unwanted) {
        if (near.around(object, shift) > 0) {
          refusals.accept(Refusal.of(rule));
          return;
        }
      }
    };
  }
}
