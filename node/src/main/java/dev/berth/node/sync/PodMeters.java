package dev.berth.node.sync;

import dev.berth.core.observe.Meters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** What the pods' loops of all nodes of this process count; registered once. */
public final class PodMeters {
  private final Map<String, IntSupplier> pods = new ConcurrentHashMap<>();
  private final Meters.Timer turns;

  public PodMeters(Meters meters) {
    turns = meters.timer("berth_node_pod_loop_seconds", "How long a turn of the pods' loop took.");
    meters.gauges(
        "berth_node_pods",
        "Pods that the node looks after.",
        new String[] {"node"},
        values -> pods.forEach((node, count) -> values.set(count.getAsInt(), node)));
  }

  void add(String node, IntSupplier count) {
    pods.put(node, count);
  }

  void remove(String node) {
    pods.remove(node);
  }

  void turned(long nanos) {
    turns.record(nanos);
  }
}
