package dev.berth.core.control;

import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.LabelSelector;
import dev.berth.core.model.Node;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reports of free capacity, by class and by the host of which they speak. */
public final class CapacityIndex {

  /** Those that do not speak of one host by name. */
  private static final String ANYWHERE = "";

  private final Map<String, Map<String, Map<ObjectKey, CsiStorageCapacity>>> reports =
      new HashMap<>();

  CapacityIndex() {}

  /** What is reported for a class on a node; empty when nothing is known. */
  public List<CsiStorageCapacity> of(String className, Node node) {
    var byHost = reports.get(className);
    if (byHost == null) {
      return List.of();
    }
    var found = new ArrayList<CsiStorageCapacity>(1);
    var labels = node.metadata().labels();
    var host = labels.getOrDefault(Node.HOSTNAME_LABEL, ANYWHERE);
    found.addAll(byHost.getOrDefault(host, Map.of()).values());
    if (!host.equals(ANYWHERE)) {
      found.addAll(byHost.getOrDefault(ANYWHERE, Map.of()).values());
    }
    found.removeIf(
        report -> report.nodeTopology() == null || !report.nodeTopology().matches(labels));
    return found;
  }

  void replace(
      ObjectKey key, @Nullable CsiStorageCapacity before, @Nullable CsiStorageCapacity after) {
    if (before != null) {
      var byHost = reports.get(before.storageClassName());
      var there = byHost == null ? null : byHost.get(host(before.nodeTopology()));
      if (there != null) {
        there.remove(key);
      }
    }
    if (after != null) {
      reports
          .computeIfAbsent(after.storageClassName(), absent -> new HashMap<>())
          .computeIfAbsent(host(after.nodeTopology()), absent -> new TreeMap<>())
          .put(key, after);
    }
  }

  private static String host(@Nullable LabelSelector topology) {
    return topology == null
        ? ANYWHERE
        : topology.matchLabels().getOrDefault(Node.HOSTNAME_LABEL, ANYWHERE);
  }
}
