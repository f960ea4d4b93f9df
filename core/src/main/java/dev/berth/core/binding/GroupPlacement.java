package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Volumes of one node for all claims of a group, for one that is bound without a pod. */
sealed interface GroupPlacement {

  /**
   * @param bound claims of the group that have their volumes, and these volumes
   */
  record Found(Observed<Node> node, VolumePlacement placement, List<Observed<?>> bound)
      implements GroupPlacement {}

  /** No node has them all. */
  record Nowhere(String why) implements GroupPlacement {}

  /** It depends on writes in flight. */
  record Busy(Set<ObjectKey> keys) implements GroupPlacement {}

  /**
   * @param group that is whole
   */
  static GroupPlacement find(ClusterView view, VolumeGroup group) {
    var open = new ArrayList<OpenClaim>();
    var bound = new ArrayList<Observed<?>>();
    var places = new ArrayList<PersistentVolume>();
    var busy = new LinkedHashSet<ObjectKey>();
    for (var member : group.members()) {
      if (view.isBusy(member.key())) {
        busy.add(member.key());
      } else if (member.view().fullyBound()) {
        var volume = view.volume(member.view().volumeName());
        if (volume != null) {
          bound.add(member);
          bound.add(volume);
          places.add(volume.view());
        }
      } else if (!member.view().volumeName().isEmpty()) {
        return new Nowhere(
            "volume group %s: claim %s has not got the volume that it names yet"
                .formatted(group.name(), member.key().name()));
      } else {
        var claim = OpenClaim.of(view, member);
        claim.reserved().stream().map(Observed::key).filter(view::isBusy).forEach(busy::add);
        open.add(claim);
      }
    }
    if (!busy.isEmpty()) {
      return new Busy(busy);
    }
    var found = best(view, VolumePlacement.inOrder(open), places, bound);
    return found == null
        ? new Nowhere(
            "no node has volumes for all %d claims of volume group %s that still need one"
                .formatted(open.size(), group.name()))
        : found;
  }

  /** Where all is there, or else where what is made leaves the least free space over. */
  private static @Nullable Found best(
      ClusterView view,
      List<OpenClaim> open,
      List<PersistentVolume> places,
      List<Observed<?>> bound) {
    Found best = null;
    for (var state : candidates(view, open)) {
      var node = Objects.requireNonNull(state.node());
      var labels = node.view().metadata().labels();
      if (!OpenClaim.allMayBeOn(node.view(), open)
          || !places.stream().allMatch(volume -> volume.reachableFrom(state.name(), labels))) {
        continue;
      }
      var placement = VolumePlacement.on(view, node.view(), open);
      if (placement != null && placement.toMake().isEmpty()) {
        return new Found(node, placement, bound);
      }
      if (placement != null
          && Provisioning.isOpen(node.view())
          && (best == null || placement.fit() > best.placement().fit())) {
        best = new Found(node, placement, bound);
      }
    }
    return best;
  }

  /**
   * The nodes where the largest claim could have a volume, the best of those that are there first.
   */
  private static Collection<NodeState> candidates(ClusterView view, List<OpenClaim> open) {
    if (open.isEmpty()) {
      return List.of();
    }
    var first = open.getFirst();
    var nodes = new LinkedHashSet<NodeState>();
    for (var volume : first.reserved()) {
      addNodes(view, volume.view(), nodes);
    }
    if (first.reserved().isEmpty()) {
      var claim = first.claim().view();
      view.volumes()
          .free(PoolKey.of(claim))
          .offer(
              VolumeMatcher.modes(claim),
              claim.request().ceiling(),
              volume -> {
                addNodes(view, volume.view(), nodes);
                return nodes.size() < view.nodes().size();
              });
    }
    if (first.maker() != null) {
      view.nodes().all().stream().sorted(Comparator.comparing(NodeState::name)).forEach(nodes::add);
    }
    return nodes;
  }

  private static void addNodes(ClusterView view, PersistentVolume volume, Set<NodeState> nodes) {
    var hosts = VolumePool.hosts(volume);
    if (hosts == null) {
      nodes.addAll(view.nodes().all());
    } else {
      hosts.forEach(host -> nodes.addAll(view.nodes().ofHost(host)));
    }
  }
}
