package dev.berth.node.volume;

import dev.berth.core.observe.Meters;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What the volume managers of all nodes of this process count; registered once. */
public final class VolumeMeters {

  /** How many volumes are in which state. */
  record Counts(int mounted, int uncertain, int stuck) {}

  private final Map<String, Supplier<Counts>> nodes = new ConcurrentHashMap<>();
  private final Meters.Timer durations;

  public VolumeMeters(Meters meters) {
    durations =
        meters.timer(
            "berth_volume_operation_seconds",
            "How long operations on volumes took, by plugin, operation and result.",
            "plugin",
            "operation",
            "result");
    meters.gauges(
        "berth_volume_mounts",
        "Volumes of the node and of its pods that are mounted, uncertain, or stuck in the kernel.",
        new String[] {"node", "state"},
        values ->
            nodes.forEach(
                (node, counts) -> {
                  var now = counts.get();
                  values.set(now.mounted(), node, "mounted");
                  values.set(now.uncertain(), node, "uncertain");
                  values.set(now.stuck(), node, "stuck");
                }));
  }

  void add(String node, Supplier<Counts> counts) {
    nodes.put(node, counts);
  }

  void remove(String node) {
    nodes.remove(node);
  }

  void ended(String plugin, String operation, String result, long nanos) {
    durations.record(nanos, plugin, operation, result);
  }
}
