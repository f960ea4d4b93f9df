package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.PodPlaces;
import dev.berth.core.control.Tally;
import dev.berth.core.model.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How good a node is for a certain pod by the pods around it: more is better, 0 to {@link #most}.
 * Made for one decision.
 */
final class PlaceScore {
  private static final double WEIGHT = 2;

  private final List<ToDoubleFunction<Map<String, String>>> parts = new ArrayList<>();

  private PlaceScore() {}

  static PlaceScore of(ClusterView view, PodDemand pod) {
    var score = new PlaceScore();
    score.addAffinity(view, pod);
    score.addSpread(view, pod);
    return score;
  }

  double of(Node object) {
    var sum = 0.0;
    for (var part : parts) {
      sum += part.applyAsDouble(object.metadata().labels());
    }
    return WEIGHT * sum;
  }

  /** No node has more than that. */
  double most() {
    return WEIGHT * 100 * parts.size();
  }

  /**
   * Near what the pod likes, and what likes it; away from what it does not, or is not, liked by.
   */
  private void addAffinity(ClusterView view, PodDemand demand) {
    var pod = demand.pod().view();
    var places = view.nodes().podPlaces();
    var sums = new HashMap<String, Map<String, Long>>();
    for (var wish : PodPlaces.wishesOf(pod)) {
      if (!wish.isBan()) {
        add(sums, wish.topologyKey(), wish.weight(), places.tally(wish.selector()));
      }
    }
    places.wishesAbout(
        pod,
        (wish, owners) -> {
          if (!wish.isBan()) {
            add(sums, wish.topologyKey(), wish.weight(), owners);
          }
        });
    var least = 0L;
    var most = 0L;
    for (var values : sums.values()) {
      least += Math.min(0, values.values().stream().mapToLong(Long::longValue).min().orElse(0));
      most += Math.max(0, values.values().stream().mapToLong(Long::longValue).max().orElse(0));
    }
    if (least != most) {
      var from = least;
      var range = (double) (most - least);
      parts.add(labels -> 100 * (sum(sums, labels) - from) / range);
    }
  }

  private static void add(
      Map<String, Map<String, Long>> sums, String topologyKey, int weight, Tally tally) {
    var values = sums.computeIfAbsent(topologyKey, absent -> new HashMap<>());
    tally
        .by(topologyKey)
        .forEach((value, count) -> values.merge(value, (long) weight * count, Long::sum));
  }

  private static long sum(Map<String, Map<String, Long>> sums, Map<String, String> labels) {
    var sum = 0L;
    for (var entry : sums.entrySet()) {
      var value = labels.get(entry.getKey());
      if (value != null) {
        sum += entry.getValue().getOrDefault(value, 0L);
      }
    }
    return sum;
  }

  /** Where fewer of its kind are, by the constraints that are only wishes. */
  private void addSpread(ClusterView view, PodDemand demand) {
    var pod = demand.pod().view();
    for (var constraint : pod.spec().topologySpreadConstraints()) {
      if (!constraint.isRequired()) {
        var key = constraint.topologyKey();
        var selector = SpreadFilter.selector(constraint, pod);
        var counts = view.nodes().podPlaces().tally(selector).by(key);
        var most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        if (most > 0) {
          parts.add(labels -> evenness(counts, most, labels.get(key)));
        }
      }
    }
  }

  private static double evenness(Map<String, Integer> counts, int most, @Nullable String place) {
    return place == null ? 0 : 100.0 * (most - counts.getOrDefault(place, 0)) / most;
  }
}
