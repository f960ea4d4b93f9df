package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.model.PersistentVolume;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The nodes that a volume's affinity allows: one of them has its storage.
 *
 * @param names of those that have a Node object
 */
record VolumeHosts(List<String> names) {

  static VolumeHosts of(ClusterView view, PersistentVolume volume) {
    var names = new ArrayList<String>();
    for (NodeState state : view.nodes().all()) {
      var node = state.node();
      if (node != null && volume.reachableFrom(state.name(), node.view().metadata().labels())) {
        names.add(state.name());
      }
    }
    return new VolumeHosts(List.copyOf(names));
  }

  /** The node that has it; empty when that cannot be told. */
  Optional<String> only() {
    return names.size() == 1 ? Optional.of(names.getFirst()) : Optional.empty();
  }

  /**
   * Why nobody can be asked.
   *
   * @param work that has to be done there
   * @param remedy where there are several
   */
  String whyNobody(String work, String remedy) {
    return names.isEmpty()
        ? work + ", but no node matches its node affinity: waiting for the node"
        : "%s, but its node affinity matches several nodes (%s): %s"
            .formatted(work, String.join(", ", names), remedy);
  }
}
