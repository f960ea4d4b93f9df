package dev.berth.core.schedule;

import dev.berth.core.control.NodeState;
import java.util.HashMap;
import java.util.Map;

/** The room on a node that is being made for pods that matter at least as much as another. */
final class Promised {
  private static final Promised NOTHING = new Promised();

  private int pods;
  private long cpuMillis;
  private long memoryBytes;
  private final Map<String, Long> others = new HashMap<>(0);

  private Promised() {}

  static Promised on(NodeState node, int priority) {
    if (!node.isPromised()) {
      return NOTHING;
    }
    var sum = new Promised();
    node.promised(
        priority,
        needed -> {
          sum.pods++;
          sum.cpuMillis += needed.cpuMillis();
          sum.memoryBytes += needed.memoryBytes();
          needed.others().forEach((name, amount) -> sum.others.merge(name, amount, Long::sum));
        });
    return sum;
  }

  int pods() {
    return pods;
  }

  long cpuMillis() {
    return cpuMillis;
  }

  long memoryBytes() {
    return memoryBytes;
  }

  long other(String resource) {
    return others.getOrDefault(resource, 0L);
  }
}
