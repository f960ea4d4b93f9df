package dev.berth.core.schedule;

import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.model.Affinity;
import dev.berth.core.model.Node.Taint;
import dev.berth.core.model.NodeSelector;
import dev.berth.core.model.Pod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a pod wants of a node, read once for all nodes. */
final class PodDemand {
  private final Observed<Pod> pod;
  private final ResourceAmounts needed;
  private final ResourceAmounts assumed;
  private final @Nullable NodeSelector required;

  PodDemand(Observed<Pod> pod) {
    this.pod = pod;
    this.needed = ResourceAmounts.of(pod.view());
    this.assumed = ResourceAmounts.assumedOf(pod.view());
    this.required = required(pod.view().spec().affinity());
  }

  private static @Nullable NodeSelector required(@Nullable Affinity affinity) {
    var nodes = affinity == null ? null : affinity.nodeAffinity();
    return nodes == null ? null : nodes.requiredDuringSchedulingIgnoredDuringExecution();
  }

  Observed<Pod> pod() {
    return pod;
  }

  ResourceAmounts needed() {
    return needed;
  }

  ResourceAmounts assumed() {
    return assumed;
  }

  boolean tolerates(Taint taint) {
    for (var toleration : pod.view().spec().tolerations()) {
      if (toleration.tolerates(taint)) {
        return true;
      }
    }
    return false;
  }

  boolean selects(String node, Map<String, String> labels) {
    for (var wanted : pod.view().spec().nodeSelector().entrySet()) {
      if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return false;
      }
    }
    return required == null || required.matches(node, labels);
  }
}
