package dev.berth.core.schedule;

import dev.berth.core.control.NodeIndex;
import dev.berth.core.control.NodeState;
import dev.berth.core.model.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All nodes as pods of one shape find them by the nodes' own rules: those that can take them, the
 * best first, and how many cannot for which reasons. It is brought up to date by looking at the
 * nodes that changed since the last time, so that it answers as if all had been looked at, at a
 * cost that does not grow with those that did not change.
 */
final class Ranking {

  /**
   * A node that can take the pod.
   *
   * @param score by the node alone
   * @param pods how many it has, with those that are expected
   */
  record Rank(NodeState node, double score, int pods) {
    static final Comparator<Rank> BEST_FIRST =
        Comparator.comparingDouble(Rank::score)
            .reversed()
            .thenComparingInt(Rank::pods)
            .thenComparing(rank -> rank.node().name());
  }

  private final Map<String, Rank> ranks = new HashMap<>();
  private final Map<String, List<Refusal>> refused = new HashMap<>();
  private final Map<Refusal, Integer> reasons = new HashMap<>();
  private final TreeSet<Rank> inOrder = new TreeSet<>(Rank.BEST_FIRST);
  private long moment;
  private long departures;

  /** Takes in what changed. */
  void update(NodeIndex nodes, PodDemand pod) {
    if (departures != nodes.departures()) {
      ranks.clear();
      refused.clear();
      reasons.clear();
      inOrder.clear();
      moment = 0;
      departures = nodes.departures();
    }
    nodes.changedSince(moment, state -> update(state, pod));
    moment = nodes.moment();
  }

  private void update(NodeState state, PodDemand pod) {
    var name = state.name();
    var before = ranks.remove(name);
    if (before != null) {
      inOrder.remove(before);
    }
    var reasonsBefore = refused.remove(name);
    if (reasonsBefore != null) {
      reasonsBefore.forEach(
          reason -> reasons.computeIfPresent(reason, (same, n) -> n == 1 ? null : n - 1));
    }
    var refusals = check(pod, state);
    if (refusals.isEmpty()) {
      var rank = rank(pod, state);
      ranks.put(name, rank);
      inOrder.add(rank);
    } else {
      refused.put(name, refusals);
      refusals.forEach(reason -> reasons.merge(reason, 1, Integer::sum));
    }
  }

  /** What the first of the node's own rules that says no has to say; empty when none does. */
  static List<Refusal> check(PodDemand pod, NodeState state) {
    var object = object(state);
    List<Refusal> found = new ArrayList<>(0);
    for (var filter : NodeFilter.ALL) {
      filter.check(pod, state, object, found::add);
      if (!found.isEmpty()) {
        return found;
      }
    }
    return found;
  }

  static Rank rank(PodDemand pod, NodeState state) {
    return new Rank(state, NodeScore.of(pod, state, object(state)), state.podsAssumed());
  }

  private static Node object(NodeState state) {
    return Objects.requireNonNull(state.node()).view();
  }

  /** The nodes that can take it, the best first. */
  SortedSet<Rank> inOrder() {
    return Collections.unmodifiableSortedSet(inOrder);
  }

  /** The node's place; null when it cannot take the pod. */
  @Nullable Rank of(NodeState node) {
    return ranks.get(node.name());
  }

  /** Why how many nodes cannot take it. */
  Map<Refusal, Integer> reasons() {
    return Collections.unmodifiableMap(reasons);
  }

  int size() {
    return ranks.size() + refused.size();
  }
}
