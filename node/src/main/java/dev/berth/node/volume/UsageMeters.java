package dev.berth.node.volume;

import dev.berth.core.node.VolumeUsage;
import dev.berth.core.node.VolumeUsage.Figures;
import dev.berth.core.observe.Meters;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** How full claims are, under the names that Kubernetes' kubelet gives these metrics. */
public final class UsageMeters {
  private final Map<String, Supplier<List<VolumeUsage>>> nodes = new ConcurrentHashMap<>();

  public UsageMeters(Meters meters) {
    gauge(meters, "capacity_bytes", "How large a claim's file system is.", Figures::capacityBytes);
    gauge(
        meters,
        "available_bytes",
        "How much can still be written to a claim's file system.",
        Figures::availableBytes);
    gauge(meters, "used_bytes", "How much is in a claim's file system.", Figures::usedBytes);
    gauge(meters, "inodes", "How many files a claim's file system can hold.", Figures::inodes);
    gauge(
        meters,
        "inodes_free",
        "How many more files a claim's file system can hold.",
        Figures::inodesFree);
    gauge(
        meters, "inodes_used", "How many files a claim's file system holds.", Figures::inodesUsed);
  }

  private void gauge(Meters meters, String name, String help, ToLongFunction<Figures> figure) {
    meters.gauges(
        "kubelet_volume_stats_" + name,
        help,
        new String[] {"namespace", "persistentvolumeclaim"},
        values ->
            nodes
                .values()
                .forEach(
                    usages ->
                        usages.get().stream()
                            // What is not known now is not told: an old figure would look true.
                            .filter(usage -> usage.problem().isEmpty())
                            .forEach(
                                usage ->
                                    values.set(
                                        (double) figure.applyAsLong(usage.figures()),
                                        usage.namespace(),
                                        usage.claim()))));
  }

  void add(String node, Supplier<List<VolumeUsage>> usages) {
    nodes.put(node, usages);
  }

  void remove(String node) {
    nodes.remove(node);
  }
}
