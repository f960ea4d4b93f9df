package dev.berth.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a pod must, or would rather, run. */
public record Affinity(
    @Nullable NodeAffinity nodeAffinity,
    @Nullable PodAffinity podAffinity,
    @Nullable PodAffinity podAntiAffinity) {

  public record NodeAffinity(
      @Nullable NodeSelector requiredDuringSchedulingIgnoredDuringExecution,
      List<PreferredNodes> preferredDuringSchedulingIgnoredDuringExecution) {
    public NodeAffinity {
      preferredDuringSchedulingIgnoredDuringExecution =
          Absent.list(preferredDuringSchedulingIgnoredDuringExecution);
    }
  }

  /**
   * @param weight 1 to 100
   */
  public record PreferredNodes(int weight, NodeSelectorTerm preference) {}

  /** Near to, or away from, other pods. */
  public record PodAffinity(
      List<PodTerm> requiredDuringSchedulingIgnoredDuringExecution,
      List<WeightedPodTerm> preferredDuringSchedulingIgnoredDuringExecution) {
    public PodAffinity {
      requiredDuringSchedulingIgnoredDuringExecution =
          Absent.list(requiredDuringSchedulingIgnoredDuringExecution);
      preferredDuringSchedulingIgnoredDuringExecution =
          Absent.list(preferredDuringSchedulingIgnoredDuringExecution);
    }
  }

  /** Pods by label, and the node label whose value says what counts as the same place. */
  public record PodTerm(
      @Nullable LabelSelector labelSelector,
      List<String> namespaces,
      @Nullable LabelSelector namespaceSelector,
      String topologyKey) {
    public PodTerm {
      namespaces = Absent.list(namespaces);
      topologyKey = Absent.text(topologyKey);
    }
  }

  public record WeightedPodTerm(int weight, PodTerm podAffinityTerm) {}
}
