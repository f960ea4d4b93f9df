package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.PodPlaces;
import dev.berth.core.control.PodSelector;
import dev.berth.core.model.LabelSelector;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Pod.SpreadConstraint;
import dev.berth.core.model.Requirement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The places of a topology are filled evenly: with the pod, none would be more than maxSkew ahead
 * of the emptiest.
 */
final class SpreadFilter implements PlaceFilter {
  private final SpreadConstraint constraint;
  private final PodPlaces places;
  private final Map<String, Integer> counts;
  private final Predicate<Pod> counted;
  private final int self;
  private final int least;
  private final Set<String> values;

  private SpreadFilter(
      SpreadConstraint constraint,
      PodPlaces places,
      Map<String, Integer> counts,
      Predicate<Pod> counted,
      int self,
      int least,
      Set<String> values) {
    this.constraint = constraint;
    this.places = places;
    this.counts = counts;
    this.counted = counted;
    this.self = self;
    this.least = least;
    this.values = values;
  }

  static List<PlaceFilter> of(ClusterView view, PodDemand demand) {
    var required =
        demand.pod().view().spec().topologySpreadConstraints().stream()
            .filter(SpreadConstraint::isRequired)
            .toList();
    var filters = new ArrayList<PlaceFilter>();
    for (var constraint : required) {
      filters.add(of(view, demand, constraint, required));
    }
    return filters;
  }

  private static SpreadFilter of(
      ClusterView view,
      PodDemand demand,
      SpreadConstraint constraint,
      List<SpreadConstraint> required) {
    var pod = demand.pod().view();
    var places = view.nodes().podPlaces();
    var selector = selector(constraint, pod);
    var tally = places.tally(selector);
    var key = constraint.topologyKey();
    Predicate<Pod> counted = other -> places.matches(selector, other);
    // By itself, where it is looked for a node again.
    var own = counted.test(pod) && places.isExpected(pod) ? pod.destination() : "";
    Map<String, Integer> counts;
    Set<String> values;
    if (required.size() == 1
        && !honoursAffinity(constraint, demand)
        && !honoursTaints(constraint)) {
      counts = withoutOne(tally.by(key), own.isEmpty() ? null : places.expectedPlace(pod, key));
      values = view.nodes().places(key).keySet();
    } else {
      counts = new HashMap<>();
      for (var state : view.nodes().all()) {
        var object = Objects.requireNonNull(state.node()).view();
        if (counts(demand, constraint, required, state, object)) {
          var count = tally.byNode().getOrDefault(state.name(), 0);
          count -= state.name().equals(own) ? 1 : 0;
          counts.merge(object.metadata().labels().get(key), count, Integer::sum);
        }
      }
      values = counts.keySet();
    }
    return new SpreadFilter(
        constraint,
        places,
        counts,
        counted,
        counted.test(pod) ? 1 : 0,
        least(constraint, counts, values),
        values);
  }

  private static Map<String, Integer> withoutOne(
      Map<String, Integer> counts, @Nullable String place) {
    if (place == null || !counts.containsKey(place)) {
      return counts;
    }
    var fewer = new HashMap<>(counts);
    fewer.computeIfPresent(place, (same, count) -> count <= 1 ? null : count - 1);
    return fewer;
  }

  /** How many are in the emptiest place when so many are in this one. */
  private int leastWith(Map<String, Integer> others, String place, int count) {
    if (others.equals(counts) && count <= counts.getOrDefault(place, 0)) {
      return least;
    }
    var grown = new HashMap<>(others);
    grown.put(place, count);
    return least(constraint, grown, values);
  }

  private static boolean honoursAffinity(SpreadConstraint constraint, PodDemand demand) {
    return demand.isChoosy() && !"Ignore".equals(constraint.nodeAffinityPolicy());
  }

  private static boolean honoursTaints(SpreadConstraint constraint) {
    return "Honor".equals(constraint.nodeTaintsPolicy());
  }

  /** Whether the node's place, and the pods on it, count at all. */
  private static boolean counts(
      PodDemand demand,
      SpreadConstraint constraint,
      List<SpreadConstraint> required,
      NodeState state,
      Node object) {
    var labels = object.metadata().labels();
    for (var each : required) {
      if (!labels.containsKey(each.topologyKey())) {
        return false;
      }
    }
    if (honoursAffinity(constraint, demand) && !demand.selects(state.name(), labels)) {
      return false;
    }
    return !honoursTaints(constraint)
        || state.taints().stream()
            .allMatch(
                taint ->
                    taint.effect().equals(NodeFilter.ONLY_PREFERRED) || demand.tolerates(taint));
  }

  private static int least(
      SpreadConstraint constraint, Map<String, Integer> counts, Set<String> values) {
    var wanted = constraint.minDomains();
    if (values.size() > counts.size() || (wanted != null && values.size() < wanted)) {
      return 0;
    }
    var least = Integer.MAX_VALUE;
    for (var value : values) {
      least = Math.min(least, counts.getOrDefault(value, 0));
    }
    return least == Integer.MAX_VALUE ? 0 : least;
  }

  /** The pods that the constraint speaks of: those of the same namespace that stay. */
  static PodSelector selector(SpreadConstraint constraint, Pod pod) {
    var labels = constraint.labelSelector();
    if (labels != null && !constraint.matchLabelKeys().isEmpty()) {
      var expressions = new ArrayList<>(labels.matchExpressions());
      for (var key : constraint.matchLabelKeys()) {
        var value = pod.metadata().labels().get(key);
        if (value != null) {
          expressions.add(new Requirement(key, "In", List.of(value)));
        }
      }
      labels = new LabelSelector(labels.matchLabels(), expressions);
    }
    return new PodSelector(Set.of(pod.metadata().namespace()), null, labels, true);
  }

  @Override
  public void check(NodeState node, Node object, Shift shift, Consumer<Refusal> refusals) {
    var place = object.metadata().labels().get(constraint.topologyKey());
    if (place == null) {
      refusals.accept(Refusal.of(Refusal.Rule.SPREAD_LABEL));
      return;
    }
    var count = counts.getOrDefault(place, 0);
    for (var pod : shift.gone()) {
      count -= counted.test(pod.view()) ? 1 : 0;
    }
    var others = counts;
    for (var pod : shift.come()) {
      var expected = places.expectedPlace(pod.view(), constraint.topologyKey());
      if (counted.test(pod.view()) && !place.equals(expected)) {
        count++;
        others = withoutOne(others, expected);
      }
    }
    if (count + self - Math.min(leastWith(others, place, count), count) > constraint.maxSkew()) {
      refusals.accept(Refusal.of(Refusal.Rule.SPREAD));
    }
  }
}
