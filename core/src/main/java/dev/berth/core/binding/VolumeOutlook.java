package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.StorageClass;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What can be said of the volumes for open claims before any node has been looked at. */
public final class VolumeOutlook {

  /** So many of the best volumes are asked where they are. */
  private static final int FIRST = 8;

  private VolumeOutlook() {}

  /**
   * The most that {@link VolumePlacement#fit} can be on any node; 1 also when nothing is known.
   *
   * @param claims none of them twice
   */
  public static double bestFit(ClusterView view, List<OpenClaim> claims) {
    var asked = 0.0;
    var given = 0.0;
    for (var open : claims) {
      var type = view.storageClass(open.claim().view().className());
      if (!open.reserved().isEmpty()
          || type == null
          || !type.view().provisioner().equals(StorageClass.NO_PROVISIONER)) {
        return 1;
      }
      asked += open.claim().view().request().amount().doubleValue();
      given += smallest(view, open);
    }
    return given == 0 ? 1 : Math.min(1, asked / given);
  }

  private static double smallest(ClusterView view, OpenClaim open) {
    var claim = open.claim().view();
    var smallest = claim.request().amount().doubleValue();
    var found = Double.MAX_VALUE;
    for (var volume : view.volumes().free(PoolKey.of(claim)).smallest(claim.request().ceiling())) {
      found = Math.min(found, volume.view().storage().amount().doubleValue());
    }
    return found == Double.MAX_VALUE ? smallest : found;
  }

  /** Some of the nodes that have the volumes which fit the first claim best. */
  public static Set<NodeState> likelyNodes(ClusterView view, List<OpenClaim> claims) {
    var nodes = new LinkedHashSet<NodeState>();
    if (claims.isEmpty() || !claims.getFirst().reserved().isEmpty()) {
      return nodes;
    }
    var claim = claims.getFirst().claim().view();
    var volumes = new ArrayList<Observed<PersistentVolume>>();
    view.volumes()
        .free(PoolKey.of(claim))
        .offer(
            VolumeMatcher.modes(claim),
            claim.request().ceiling(),
            volume -> {
              volumes.add(volume);
              return volumes.size() < FIRST;
            });
    for (var volume : volumes) {
      var hosts = VolumePool.hosts(volume.view());
      if (hosts != null) {
        hosts.forEach(host -> nodes.addAll(view.nodes().ofHost(host)));
      }
    }
    return nodes;
  }
}
