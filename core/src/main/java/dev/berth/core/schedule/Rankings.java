package dev.berth.core.schedule;

import dev.berth.core.control.NodeIndex;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The rankings of the shapes that pods had lately. They hold nothing that could not be found again
 * by looking at all nodes; they belong to one image of the cluster, and are forgotten with it.
 */
final class Rankings {

  /** Most nodes in all of them together. */
  private static final int MOST_NODES = 500_000;

  private static final int MOST_SHAPES = 64;

  private final LinkedHashMap<PodDemand.Shape, Ranking> byShape =
      new LinkedHashMap<>(16, 0.75f, true);
  private @Nullable WeakReference<NodeIndex> source;

  /** The ranking for a pod, as the nodes are now. */
  Ranking of(NodeIndex nodes, PodDemand pod) {
    if (source == null || source.get() != nodes) {
      byShape.clear();
      source = new WeakReference<>(nodes);
    }
    var ranking = byShape.computeIfAbsent(pod.shape(), absent -> new Ranking());
    ranking.update(nodes, pod);
    while (byShape.size() > MOST_SHAPES
        || (byShape.size() > 1 && byShape.size() * (long) nodes.size() > MOST_NODES)) {
      byShape.pollFirstEntry();
    }
    return ranking;
  }
}
