package dev.berth.node.volume;

import dev.berth.core.observe.Meters;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Whether the disks of volumes are in order; registered once for all nodes of this process. */
public final class HealthMeters {
  private final Map<String, Supplier<Map<String, Boolean>>> nodes = new ConcurrentHashMap<>();
  private final Map<String, Supplier<Set<Orphan>>> orphans = new ConcurrentHashMap<>();

  public HealthMeters(Meters meters) {
    meters.gauges(
        "berth_volume_disk_healthy",
        "Whether the disk of a volume is in order (1) or failing, missing or another one (0).",
        new String[] {"node", "volume"},
        values ->
            nodes.forEach(
                (node, disks) ->
                    disks
                        .get()
                        .forEach((volume, healthy) -> values.set(healthy ? 1 : 0, node, volume))));
    meters.gauges(
        "berth_node_orphans",
        "What a node has on its host that no pod and no volume names.",
        new String[] {"node", "kind"},
        this::orphans);
  }

  private void orphans(Meters.GaugeValues values) {
    orphans.forEach(
        (node, found) -> {
          var counts = new EnumMap<Orphan.Kind, Integer>(Orphan.Kind.class);
          found.get().forEach(orphan -> counts.merge(orphan.kind(), 1, Integer::sum));
          for (var kind : Orphan.Kind.values()) {
            values.set(counts.getOrDefault(kind, 0), node, kind.word());
          }
        });
  }

  void addOrphans(String node, Supplier<Set<Orphan>> found) {
    orphans.put(node, found);
  }

  void add(String node, Supplier<Map<String, Boolean>> disks) {
    nodes.put(node, disks);
  }

  void remove(String node) {
    nodes.remove(node);
    orphans.remove(node);
  }
}
