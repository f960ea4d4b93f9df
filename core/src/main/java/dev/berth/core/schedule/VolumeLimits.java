package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.CsiNode;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Pod;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.ObjectKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A node uses at most as many volumes of a driver as its CSINode says. */
final class VolumeLimits implements PlaceFilter {
  private final ClusterView view;
  private final Map<String, Set<String>> wanted;

  private VolumeLimits(ClusterView view, Map<String, Set<String>> wanted) {
    this.view = view;
    this.wanted = wanted;
  }

  static Optional<PlaceFilter> of(ClusterView view, PodClaims.Ready claims) {
    var wanted = new HashMap<String, Set<String>>();
    claims.bound().forEach(bound -> add(bound.volume().view(), wanted));
    for (var open : claims.open()) {
      var type = view.storageClass(open.claim().view().className());
      if (type != null && !type.view().provisioner().equals(StorageClass.NO_PROVISIONER)) {
        wanted
            .computeIfAbsent(type.view().provisioner(), absent -> new HashSet<>())
            .add("for " + open.claim().key());
      }
    }
    return wanted.isEmpty() ? Optional.empty() : Optional.of(new VolumeLimits(view, wanted));
  }

  private static void add(PersistentVolume volume, Map<String, Set<String>> byDriver) {
    var csi = volume.spec().csi();
    if (csi != null) {
      byDriver.computeIfAbsent(csi.driver(), absent -> new HashSet<>()).add(csi.volumeHandle());
    }
  }

  @Override
  public void check(
      NodeState node, Node object, List<Observed<Pod>> gone, Consumer<Refusal> refusals) {
    var found = view.object(Keys.csiNode(node.name()));
    if (found == null || !(found.view() instanceof CsiNode csi)) {
      return;
    }
    for (var driver : csi.spec().drivers()) {
      var limit = driver.allocatable() == null ? null : driver.allocatable().count();
      var volumes = wanted.get(driver.name());
      if (limit != null && volumes != null) {
        var all = used(node, driver.name(), gone);
        all.addAll(volumes);
        if (all.size() > limit) {
          refusals.accept(Refusal.of(Refusal.Rule.VOLUME_LIMIT));
          return;
        }
      }
    }
  }

  /** The volumes of the driver that the node's pods use, those that are gone left out. */
  private Set<String> used(NodeState node, String driver, List<Observed<Pod>> gone) {
    var left = new HashSet<ObjectKey>(node.pods());
    gone.forEach(pod -> left.remove(pod.key()));
    var volumes = new HashMap<String, Set<String>>();
    for (var pod : node.residents()) {
      if (left.contains(pod.key())) {
        for (var name : pod.view().claimNames()) {
          var claim = view.claim(Keys.claim(pod.key().namespace(), name));
          var volume = claim == null ? null : view.volume(claim.view().volumeName());
          if (volume != null) {
            add(volume.view(), volumes);
          }
        }
      }
    }
    return volumes.getOrDefault(driver, new HashSet<>());
  }
}
