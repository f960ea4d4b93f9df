package dev.berth.core.schedule;

import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.NodeState;

/** How good a node is for a pod: more is better. */
final class NodeScore {

  /** A volume of the right size matters more than a little more free memory. */
  private static final double VOLUME_WEIGHT = 4;

  private NodeScore() {}

  static double of(PodDemand pod, NodeState node, VolumePlacement volumes) {
    return leastAllocated(pod, node) + VOLUME_WEIGHT * 100 * volumes.fit();
  }

  /** What share of processors and memory would still be free, in percent. */
  static double leastAllocated(PodDemand pod, NodeState node) {
    var pods = node.pods().size();
    var cpu =
        free(
            node.allocatable().cpuMillis(),
            node.cpuMillisAssumed() + pod.assumed().cpuMillis(),
            pods);
    var memory =
        free(
            node.allocatable().memoryBytes(),
            node.memoryBytesAssumed() + pod.assumed().memoryBytes(),
            pods);
    return 100 * (cpu + memory) / 2;
  }

  private static double free(long there, long used, int pods) {
    if (there == Long.MAX_VALUE) {
      return 1.0 / (1 + pods);
    }
    return there <= 0 ? 0 : Math.max(0, (double) (there - used) / there);
  }
}
