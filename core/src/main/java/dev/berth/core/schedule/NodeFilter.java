package dev.berth.core.schedule;

import dev.berth.core.control.HostPorts;
import dev.berth.core.control.NodeState;
import dev.berth.core.model.Node;
import dev.berth.core.model.Node.Taint;
import java.util.List;
import java.util.function.Consumer;

/**
 * A rule that says which nodes cannot take a pod, by the node and the pods on it alone. It may have
 * several reasons.
 */
@FunctionalInterface
interface NodeFilter {

  /**
   * @param node has a Node object
   */
  void check(PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals);

  Taint UNSCHEDULABLE_TAINT = new Taint("node.kubernetes.io/unschedulable", "", "NoSchedule");
  String ONLY_PREFERRED = "PreferNoSchedule";

  /** All of them, the cheap ones first. */
  List<NodeFilter> ALL =
      List.of(
          NodeFilter::unschedulable,
          NodeFilter::taints,
          NodeFilter::affinity,
          NodeFilter::ports,
          NodeFilter::room);

  private static void unschedulable(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    if (object.spec().unschedulable() && !pod.tolerates(UNSCHEDULABLE_TAINT)) {
      refusals.accept(Refusal.UNSCHEDULABLE);
    }
  }

  private static void taints(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    for (var taint : node.taints()) {
      if (!taint.effect().equals(ONLY_PREFERRED) && !pod.tolerates(taint)) {
        refusals.accept(
            new Refusal(Refusal.Rule.TAINT, "{" + taint.key() + ": " + taint.value() + "}"));
        return;
      }
    }
  }

  private static void affinity(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    if (!pod.selects(node.name(), object.metadata().labels())) {
      refusals.accept(Refusal.AFFINITY);
    }
  }

  private static void ports(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    for (var port : pod.ports()) {
      if (node.anyHostPort(pod.priority(), taken -> HostPorts.conflict(port, taken))) {
        refusals.accept(Refusal.of(Refusal.Rule.PORTS));
        return;
      }
    }
  }

  private static void room(PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    var needed = pod.needed();
    var there = node.allocatable();
    var promised = node.promised(pod.priority());
    if (node.pods().size() + node.podsPromised(pod.priority()) >= node.podLimit()) {
      refusals.accept(Refusal.PODS);
    }
    if (needed.cpuMillis() > 0
        && needed.cpuMillis() > there.cpuMillis() - node.cpuMillisUsed() - promised.cpuMillis()) {
      refusals.accept(Refusal.CPU);
    }
    if (needed.memoryBytes() > 0
        && needed.memoryBytes()
            > there.memoryBytes() - node.memoryBytesUsed() - promised.memoryBytes()) {
      refusals.accept(Refusal.MEMORY);
    }
    for (var other : needed.others().entrySet()) {
      var name = other.getKey();
      var free =
          there.others().getOrDefault(name, 0L)
              - node.used(name)
              - promised.others().getOrDefault(name, 0L);
      if (other.getValue() > 0 && other.getValue() > free) {
        refusals.accept(new Refusal(Refusal.Rule.RESOURCE, name));
      }
    }
  }
}
