package dev.berth.core.schedule;

import dev.berth.core.control.NodeState;
import dev.berth.core.model.Node;
import dev.berth.core.model.Node.Taint;
import java.util.List;
import java.util.function.Consumer;

/** A rule that says which nodes cannot take a pod. It may have several reasons. */
@FunctionalInterface
interface NodeFilter {

  /**
   * @param node has a Node object
   */
  void check(PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals);

  Taint UNSCHEDULABLE_TAINT = new Taint("node.kubernetes.io/unschedulable", "", "NoSchedule");

  /** The filters that look at a node alone, the cheap ones first. */
  List<NodeFilter> ALL =
      List.of(
          NodeFilter::unschedulable, NodeFilter::taints, NodeFilter::affinity, NodeFilter::room);

  private static void unschedulable(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    if (object.spec().unschedulable() && !pod.tolerates(UNSCHEDULABLE_TAINT)) {
      refusals.accept(Refusal.UNSCHEDULABLE);
    }
  }

  private static void taints(
      PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    for (var taint : node.taints()) {
      if (!taint.effect().equals("PreferNoSchedule") && !pod.tolerates(taint)) {
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

  private static void room(PodDemand pod, NodeState node, Node object, Consumer<Refusal> refusals) {
    var needed = pod.needed();
    var there = node.allocatable();
    if (node.pods().size() >= node.podLimit()) {
      refusals.accept(Refusal.PODS);
    }
    if (needed.cpuMillis() > there.cpuMillis() - node.cpuMillisUsed()) {
      refusals.accept(Refusal.CPU);
    }
    if (needed.memoryBytes() > there.memoryBytes() - node.memoryBytesUsed()) {
      refusals.accept(Refusal.MEMORY);
    }
    for (var other : needed.others().entrySet()) {
      var name = other.getKey();
      if (other.getValue() > there.others().getOrDefault(name, 0L) - node.used(name)) {
        refusals.accept(new Refusal(Refusal.Rule.RESOURCE, name));
      }
    }
  }
}
