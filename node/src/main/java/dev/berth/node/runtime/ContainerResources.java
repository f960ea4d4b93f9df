package dev.berth.node.runtime;

/**
 * What a container may use.
 *
 * @param memoryLimitBytes above it the kernel kills the container; 0 for no limit
 * @param cpuLimitMillis thousandths of a CPU that it never exceeds; 0 for no limit
 * @param cpuRequestMillis its weight against others when the CPUs are busy; 0 for the least
 * @param oomScoreAdjust -1000 to 1000: who goes first when the host runs out of memory
 */
public record ContainerResources(
    long memoryLimitBytes, long cpuLimitMillis, long cpuRequestMillis, int oomScoreAdjust) {

  /** No limits, no requests: the first to go when the host runs out of memory. */
  public static final ContainerResources BEST_EFFORT = new ContainerResources(0, 0, 0, 1000);
}
