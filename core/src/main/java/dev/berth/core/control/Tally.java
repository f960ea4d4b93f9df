package dev.berth.core.control;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * How many pods of one sort there are on each node, and in each place that nodes with the same
 * value of a label make up.
 */
public final class Tally {
  private final NodeIndex nodes;
  private final Map<String, Integer> byNode = new HashMap<>();
  private final Map<String, Map<String, Integer>> byKey = new HashMap<>();
  private int total;

  Tally(NodeIndex nodes) {
    this.nodes = nodes;
  }

  /** How many there are, on nodes without a Node object too. */
  public int total() {
    return total;
  }

  /** How many there are on each node that has any. */
  public Map<String, Integer> byNode() {
    return Collections.unmodifiableMap(byNode);
  }

  /** How many there are for each value of the node label that has any. */
  public Map<String, Integer> by(String topologyKey) {
    return Collections.unmodifiableMap(byKey.computeIfAbsent(topologyKey, this::count));
  }

  private Map<String, Integer> count(String topologyKey) {
    var counts = new HashMap<String, Integer>();
    byNode.forEach(
        (node, count) -> {
          var value = nodes.label(node, topologyKey);
          if (value != null) {
            counts.merge(value, count, Integer::sum);
          }
        });
    return counts;
  }

  void add(String node, int change) {
    total += change;
    merge(byNode, node, change);
    byKey.forEach(
        (key, counts) -> {
          var value = nodes.label(node, key);
          if (value != null) {
            merge(counts, value, change);
          }
        });
  }

  private static void merge(Map<String, Integer> counts, String name, int change) {
    counts.merge(name, change, (one, other) -> one + other == 0 ? null : one + other);
  }

  /** The labels of a node changed: the places are counted again when somebody asks. */
  void relabelled(String node) {
    if (byNode.containsKey(node)) {
      byKey.clear();
    }
  }

  boolean isEmpty() {
    return byNode.isEmpty();
  }
}
