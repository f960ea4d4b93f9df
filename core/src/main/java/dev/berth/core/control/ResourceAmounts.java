package dev.berth.core.control;

import dev.berth.core.model.Container;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import java.util.HashMap;
import java.util.Map;

/**
 * Amounts of what a node has and pods ask for.
 *
 * @param cpuMillis thousandths of a processor
 * @param memoryBytes main memory
 * @param others everything else by its name, in whole units rounded up
 */
public record ResourceAmounts(long cpuMillis, long memoryBytes, Map<String, Long> others) {

  public static final String CPU = "cpu";
  public static final String MEMORY = "memory";
  public static final String PODS = "pods";

  public static final ResourceAmounts NONE = new ResourceAmounts(0, 0, Map.of());

  /** What a container that asks for nothing is taken to use when nodes are compared. */
  private static final long ASSUMED_CPU_MILLIS = 100;

  private static final long ASSUMED_MEMORY_BYTES = 200L << 20;

  /**
   * What the pod needs: all of its containers together, or its largest init container where that is
   * more, and what it takes beside them. An init container that goes on running counts with the
   * containers, and with the init containers after it. A limit without a request is a request.
   */
  public static ResourceAmounts of(Pod pod) {
    var needed = new HashMap<String, Quantity>();
    for (var container : pod.spec().containers()) {
      requests(container).forEach((name, amount) -> needed.merge(name, amount, Quantity::plus));
    }
    if (!pod.spec().initContainers().isEmpty()) {
      addInitContainers(pod, needed);
    }
    pod.spec().overhead().forEach((name, amount) -> needed.merge(name, amount, Quantity::plus));
    return of(needed);
  }

  private static void addInitContainers(Pod pod, Map<String, Quantity> needed) {
    var running = new HashMap<String, Quantity>();
    var starting = new HashMap<String, Quantity>();
    for (var container : pod.spec().initContainers()) {
      var amounts = new HashMap<>(running);
      requests(container).forEach((name, amount) -> amounts.merge(name, amount, Quantity::plus));
      amounts.forEach((name, amount) -> starting.merge(name, amount, Quantities::max));
      if (container.isSidecar()) {
        running.putAll(amounts);
      }
    }
    running.forEach((name, amount) -> needed.merge(name, amount, Quantity::plus));
    starting.forEach((name, amount) -> needed.merge(name, amount, Quantities::max));
  }

  /** As {@link #of(Pod)}, with an assumed use in place of what a container does not ask for. */
  public static ResourceAmounts assumedOf(Pod pod) {
    var cpu = 0L;
    var memory = 0L;
    for (var container : pod.spec().containers()) {
      var amounts = of(requests(container));
      cpu += amounts.cpuMillis == 0 ? ASSUMED_CPU_MILLIS : amounts.cpuMillis;
      memory += amounts.memoryBytes == 0 ? ASSUMED_MEMORY_BYTES : amounts.memoryBytes;
    }
    return new ResourceAmounts(cpu, memory, Map.of());
  }

  /** Both together. */
  public ResourceAmounts plus(ResourceAmounts more) {
    var sum = others;
    if (!more.others.isEmpty()) {
      sum = new HashMap<>(others);
      for (var other : more.others.entrySet()) {
        sum.merge(other.getKey(), other.getValue(), Long::sum);
      }
    }
    return new ResourceAmounts(cpuMillis + more.cpuMillis, memoryBytes + more.memoryBytes, sum);
  }

  public static ResourceAmounts of(Map<String, Quantity> quantities) {
    var cpu = 0L;
    var memory = 0L;
    Map<String, Long> others = Map.of();
    for (var entry : quantities.entrySet()) {
      switch (entry.getKey()) {
        case CPU -> cpu = entry.getValue().millis();
        case MEMORY -> memory = entry.getValue().ceiling();
        default -> {
          others = others.isEmpty() ? new HashMap<>() : others;
          others.put(entry.getKey(), entry.getValue().ceiling());
        }
      }
    }
    return new ResourceAmounts(cpu, memory, others);
  }

  private static Map<String, Quantity> requests(Container container) {
    var resources = container.resources();
    if (resources.limits().isEmpty()) {
      return resources.requests();
    }
    var all = new HashMap<>(resources.limits());
    all.putAll(resources.requests());
    return all;
  }

  /** Keeps the choice between two quantities out of the sums above. */
  private static final class Quantities {
    static Quantity max(Quantity one, Quantity other) {
      return one.compareTo(other) >= 0 ? one : other;
    }
  }
}
