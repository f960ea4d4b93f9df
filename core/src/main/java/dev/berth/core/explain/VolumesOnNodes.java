package dev.berth.core.explain;

import dev.berth.core.binding.Spread;
import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Which volumes the nodes have for the open claims of a pod. Each volume is judged once for each
 * claim, not once more for each node: every decision waits meanwhile.
 */
final class VolumesOnNodes {
  private static final Comparator<VolumeVerdict> SMALLEST =
      Comparator.<VolumeVerdict, Quantity>comparing(verdict -> verdict.volume().view().storage())
          .thenComparing(verdict -> verdict.volume().key());

  private final ClusterView view;
  private final List<Observed<PersistentVolumeClaim>> openClaims;
  private final Map<ObjectKey, Verdicts> verdicts = new HashMap<>();

  /** Of volumes that are tied to hosts by name, by host, and of all others. */
  private record Verdicts(Map<String, List<VolumeVerdict>> tied, List<VolumeVerdict> others) {}

  VolumesOnNodes(ClusterView view, Observed<Pod> pod) {
    this.view = view;
    this.openClaims = openClaims(view, pod);
  }

  /**
   * The claims that get their volumes with the node, the pod's own and their groups', the largest
   * first.
   */
  List<Observed<PersistentVolumeClaim>> openClaims() {
    return openClaims;
  }

  private static List<Observed<PersistentVolumeClaim>> openClaims(
      ClusterView view, Observed<Pod> pod) {
    var all = new LinkedHashSet<Observed<PersistentVolumeClaim>>();
    for (var name : pod.view().claimNames()) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      if (claim != null && !claim.view().fullyBound()) {
        var group = VolumeGroup.of(view, claim);
        all.addAll(group == null ? List.of(claim) : group.members());
      }
    }
    var open = new ArrayList<>(all);
    open.removeIf(claim -> claim.view().fullyBound());
    open.sort(
        Comparator.<Observed<PersistentVolumeClaim>>comparingLong(
                claim -> -claim.view().request().ceiling())
            .thenComparing(Observed::key));
    return List.copyOf(open);
  }

  /** The volumes of the claim's class that pods on the node can use, the smallest first. */
  List<VolumeVerdict> verdicts(Observed<PersistentVolumeClaim> claim, Node node) {
    var all = verdicts.computeIfAbsent(claim.key(), key -> judge(claim));
    var labels = node.metadata().labels();
    var found =
        new ArrayList<>(
            all.tied().getOrDefault(labels.getOrDefault(Node.HOSTNAME_LABEL, ""), List.of()));
    found.addAll(all.others());
    found.removeIf(
        verdict -> !verdict.volume().view().reachableFrom(node.metadata().name(), labels));
    found.sort(SMALLEST);
    return found;
  }

  private Verdicts judge(Observed<PersistentVolumeClaim> claim) {
    var spread = Spread.of(view, claim);
    var all = new Verdicts(new HashMap<>(), new ArrayList<>());
    for (var name : view.volumes().ofClass(claim.view().className())) {
      var volume = view.volume(name);
      if (volume != null) {
        var verdict = VolumeVerdict.of(view, volume, claim, spread);
        var hosts = VolumePool.hosts(volume.view());
        if (hosts == null) {
          all.others().add(verdict);
        } else {
          hosts.forEach(
              host -> all.tied().computeIfAbsent(host, absent -> new ArrayList<>()).add(verdict));
        }
      }
    }
    return all;
  }
}
