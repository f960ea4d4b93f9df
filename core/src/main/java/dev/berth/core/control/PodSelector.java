package dev.berth.core.control;

import dev.berth.core.model.Affinity.PodTerm;
import dev.berth.core.model.LabelSelector;
import dev.berth.core.model.Pod;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which pods one pod's rules speak of.
 *
 * @param namespaces by name
 * @param namespaceSelector further namespaces by their labels; null for none
 * @param labels of the pods; null selects none
 * @param staying whether pods that are on their way out do not count
 */
public record PodSelector(
    Set<String> namespaces,
    @Nullable LabelSelector namespaceSelector,
    @Nullable LabelSelector labels,
    boolean staying) {

  /**
   * @param namespace of the pod whose rule it is, which is meant where the rule names none
   */
  public static PodSelector of(PodTerm term, String namespace) {
    var own = term.namespaces().isEmpty() && term.namespaceSelector() == null;
    return new PodSelector(
        own ? Set.of(namespace) : Set.copyOf(term.namespaces()),
        term.namespaceSelector(),
        term.labelSelector(),
        false);
  }

  /**
   * @param namespaceLabels the labels of a namespace by its name
   */
  public boolean matches(Pod pod, Function<String, Map<String, String>> namespaceLabels) {
    if (labels == null || (staying && pod.metadata().deleting())) {
      return false;
    }
    var namespace = pod.metadata().namespace();
    return labels.matches(pod.metadata().labels())
        && (namespaces.contains(namespace)
            || (namespaceSelector != null
                && namespaceSelector.matches(namespaceLabels.apply(namespace))));
  }

  /** A label without which no pod matches, to find candidates by; null when there is none. */
  Map.@Nullable Entry<String, String> distinctiveLabel() {
    if (labels == null) {
      return null;
    }
    for (var label : labels.matchLabels().entrySet()) {
      return label;
    }
    for (var expression : labels.matchExpressions()) {
      if (expression.operator().equals("In") && expression.values().size() == 1) {
        return Map.entry(expression.key(), expression.values().getFirst());
      }
    }
    return null;
  }
}
