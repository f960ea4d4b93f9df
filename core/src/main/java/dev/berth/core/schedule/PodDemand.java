package dev.berth.core.schedule;

import dev.berth.core.control.HostPorts;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.model.Affinity;
import dev.berth.core.model.Affinity.PreferredNodes;
import dev.berth.core.model.Container;
import dev.berth.core.model.Node;
import dev.berth.core.model.Node.Taint;
import dev.berth.core.model.NodeSelector;
import dev.berth.core.model.NodeSelectorTerm;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Requirement;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a pod wants of a node, read once for all nodes. */
public final class PodDemand {

  /**
   * All that a node's own rules look at: pods with the same shape are answered the same by every
   * node, whoever they are.
   */
  record Shape(
      ResourceAmounts needed,
      ResourceAmounts assumed,
      int priority,
      List<Pod.Toleration> tolerations,
      Map<String, String> selector,
      @Nullable NodeSelector required,
      List<PreferredNodes> preferred,
      List<Container.Port> ports) {}

  private final Observed<Pod> pod;
  private final Shape shape;

  PodDemand(Observed<Pod> pod) {
    this.pod = pod;
    var spec = pod.view().spec();
    var nodes = spec.affinity() == null ? null : spec.affinity().nodeAffinity();
    this.shape =
        new Shape(
            ResourceAmounts.of(pod.view()),
            ResourceAmounts.assumedOf(pod.view()),
            pod.view().priority(),
            spec.tolerations(),
            spec.nodeSelector(),
            required(nodes),
            nodes == null ? List.of() : nodes.preferredDuringSchedulingIgnoredDuringExecution(),
            HostPorts.of(pod.view()));
  }

  private static @Nullable NodeSelector required(Affinity.@Nullable NodeAffinity nodes) {
    return nodes == null ? null : nodes.requiredDuringSchedulingIgnoredDuringExecution();
  }

  Observed<Pod> pod() {
    return pod;
  }

  Shape shape() {
    return shape;
  }

  ResourceAmounts needed() {
    return shape.needed();
  }

  ResourceAmounts assumed() {
    return shape.assumed();
  }

  int priority() {
    return shape.priority();
  }

  /** The ports of the node that it takes. */
  List<Container.Port> ports() {
    return shape.ports();
  }

  List<PreferredNodes> preferred() {
    return shape.preferred();
  }

  boolean tolerates(Taint taint) {
    for (var toleration : shape.tolerations()) {
      if (toleration.tolerates(taint)) {
        return true;
      }
    }
    return false;
  }

  /** Whether it says anything of which nodes it wants. */
  boolean isChoosy() {
    return !shape.selector().isEmpty() || shape.required() != null;
  }

  boolean selects(String node, Map<String, String> labels) {
    for (var wanted : shape.selector().entrySet()) {
      if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return false;
      }
    }
    return shape.required() == null || shape.required().matches(node, labels);
  }

  /** The only value that the label of its node's host may have; null when there are several. */
  @Nullable String onlyHost() {
    return shape.selector().get(Node.HOSTNAME_LABEL);
  }

  /** The names of the only nodes that it selects by name; null when it does not do so. */
  @Nullable Set<String> onlyNames() {
    if (shape.required() == null) {
      return null;
    }
    var names = new HashSet<String>();
    for (var term : shape.required().nodeSelectorTerms()) {
      var named = namedBy(term);
      if (named == null) {
        return null;
      }
      names.addAll(named);
    }
    return names;
  }

  private static @Nullable List<String> namedBy(NodeSelectorTerm term) {
    for (Requirement field : term.matchFields()) {
      if (field.operator().equals("In") && field.key().equals(NodeSelectorTerm.NAME_FIELD)) {
        return field.values();
      }
    }
    return null;
  }
}
