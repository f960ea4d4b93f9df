package dev.berth.node.volume;

import dev.berth.core.observe.Meters;
import dev.berth.node.plugin.WipeGauge;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What the volume managers of all nodes of this process count; registered once. */
public final class VolumeMeters {

  /** How many volumes are in which state. */
  record Counts(int mounted, int uncertain, int stuck) {}

  private final Map<String, Supplier<Counts>> nodes = new ConcurrentHashMap<>();
  private final Map<Wipe, Progress> wipes = new ConcurrentHashMap<>();
  private final Meters.Timer durations;
  private final Meters.Timer turns;

  private record Wipe(String node, String volume) {}

  private record Progress(long wipedBytes, long totalBytes) {}

  public VolumeMeters(Meters meters) {
    durations =
        meters.timer(
            "berth_volume_operation_seconds",
            "How long operations on volumes took, by plugin, operation and result.",
            "plugin",
            "operation",
            "result");
    turns =
        meters.timer(
            "berth_volume_loop_seconds", "How long a turn of the volume manager's loop took.");
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
    meters.gauges(
        "berth_volume_wipe_bytes",
        "Of volumes that are being wiped: what is done, and all that has to be written.",
        new String[] {"node", "volume", "part"},
        values ->
            wipes.forEach(
                (wipe, progress) -> {
                  values.set((double) progress.wipedBytes(), wipe.node(), wipe.volume(), "done");
                  values.set((double) progress.totalBytes(), wipe.node(), wipe.volume(), "total");
                }));
  }

  /** The wipes of a node. */
  WipeGauge wipes(String node) {
    return new WipeGauge() {
      @Override
      public void wiping(String volume, long wipedBytes, long totalBytes) {
        wipes.put(new Wipe(node, volume), new Progress(wipedBytes, totalBytes));
      }

      @Override
      public void ended(String volume) {
        wipes.remove(new Wipe(node, volume));
      }
    };
  }

  void add(String node, Supplier<Counts> counts) {
    nodes.put(node, counts);
  }

  void remove(String node) {
    nodes.remove(node);
  }

  void turned(long nanos) {
    turns.record(nanos);
  }

  void ended(String plugin, String operation, String result, long nanos) {
    durations.record(nanos, plugin, operation, result);
  }
}
