package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.CsiNode;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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
    claims.open().forEach(open -> addOpen(view, open.claim(), wanted));
    return wanted.isEmpty() ? Optional.empty() : Optional.of(new VolumeLimits(view, wanted));
  }

  private static void add(PersistentVolume volume, Map<String, Set<String>> byDriver) {
    var csi = volume.spec().csi();
    if (csi != null) {
      byDriver.computeIfAbsent(csi.driver(), absent -> new HashSet<>()).add(csi.volumeHandle());
    }
  }

  /** A claim whose volume is still to be made. */
  private static void addOpen(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Map<String, Set<String>> byDriver) {
    var type = view.storageClass(claim.view().className());
    if (type != null && !type.view().provisioner().equals(StorageClass.NO_PROVISIONER)) {
      byDriver
          .computeIfAbsent(type.view().provisioner(), absent -> new HashSet<>())
          .add("for " + claim.key());
    }
  }

  @Override
  public void check(NodeState node, Node object, Shift shift, Consumer<Refusal> refusals) {
    var found = view.object(Keys.csiNode(node.name()));
    if (found == null || !(found.view() instanceof CsiNode csi)) {
      return;
    }
    for (var driver : csi.spec().drivers()) {
      var limit = driver.allocatable() == null ? null : driver.allocatable().count();
      var volumes = wanted.get(driver.name());
      if (limit != null && volumes != null) {
        var all = used(node, driver.name(), shift);
        all.addAll(volumes);
        if (all.size() > limit) {
          refusals.accept(Refusal.of(Refusal.Rule.VOLUME_LIMIT));
          return;
        }
      }
    }
  }

  /** The volumes of the driver that the node's pods use, and those that are expected. */
  private Set<String> used(NodeState node, String driver, Shift shift) {
    var gone = new HashSet<ObjectKey>();
    shift.gone().forEach(pod -> gone.add(pod.key()));
    var there = new ArrayList<>(node.residents());
    there.addAll(node.expected(Integer.MIN_VALUE));
    var volumes = new HashMap<String, Set<String>>();
    for (var pod : there) {
      if (!gone.contains(pod.key())) {
        for (var name : pod.view().claimNames()) {
          var claim = view.claim(Keys.claim(pod.key().namespace(), name));
          var volume =
              claim == null || claim.view().volumeName().isEmpty()
                  ? null
                  : view.volume(claim.view().volumeName());
          if (volume != null) {
            add(volume.view(), volumes);
          } else if (claim != null) {
            addOpen(view, claim, volumes);
          }
        }
      }
    }
    return volumes.getOrDefault(driver, new HashSet<>());
  }
}
