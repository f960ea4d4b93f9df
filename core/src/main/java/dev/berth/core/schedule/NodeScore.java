package dev.berth.core.schedule;

import dev.berth.core.control.NodeState;
import dev.berth.core.model.Node;

/**
 * How good a node is for a pod, by the node and the pods on it alone: more is better. Every part is
 * 0 to 100, times its weight.
 */
final class NodeScore {
  private static final double PREFERRED_NODES_WEIGHT = 2;
  private static final double TAINTS_WEIGHT = 3;

  private NodeScore() {}

  static double of(PodDemand pod, NodeState node, Node object) {
    var cpu =
        free(
            node.allocatable().cpuMillis(),
            node.cpuMillisAssumed() + pod.assumed().cpuMillis(),
            node.podsAssumed());
    var memory =
        free(
            node.allocatable().memoryBytes(),
            node.memoryBytesAssumed() + pod.assumed().memoryBytes(),
            node.podsAssumed());
    return leastAllocated(cpu, memory)
        + balanced(cpu, memory)
        + PREFERRED_NODES_WEIGHT * preferredNodes(pod, node, object)
        + TAINTS_WEIGHT * fewUnwantedTaints(pod, node);
  }

  /** What share of processors and memory would still be free. */
  static double leastAllocated(double cpuFree, double memoryFree) {
    return 100 * (cpuFree + memoryFree) / 2;
  }

  /** How equal the shares of processors and memory are that would still be free. */
  static double balanced(double cpuFree, double memoryFree) {
    return 100 * (1 - Math.abs(cpuFree - memoryFree) / 2);
  }

  private static double free(long there, long used, int pods) {
    if (there == Long.MAX_VALUE) {
      return 1.0 / (1 + pods);
    }
    return there <= 0 ? 0 : Math.max(0, (double) (there - used) / there);
  }

  /** How much of what the pod would rather have, by its weights, the node has. */
  private static double preferredNodes(PodDemand pod, NodeState node, Node object) {
    var all = 0;
    var met = 0;
    for (var preferred : pod.preferred()) {
      all += preferred.weight();
      if (preferred.preference().matches(node.name(), object.metadata().labels())) {
        met += preferred.weight();
      }
    }
    return all == 0 ? 0 : 100.0 * met / all;
  }

  private static double fewUnwantedTaints(PodDemand pod, NodeState node) {
    var unwanted = 0;
    for (var taint : node.taints()) {
      if (taint.effect().equals(NodeFilter.ONLY_PREFERRED) && !pod.tolerates(taint)) {
        unwanted++;
      }
    }
    return 100.0 / (1 + unwanted);
  }
}
