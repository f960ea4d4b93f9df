package dev.berth.core.model;

import java.util.List;
import java.util.Map;

/** Selects objects by their labels; everything that is named must hold. Empty selects all. */
public record LabelSelector(Map<String, String> matchLabels, List<Requirement> matchExpressions) {

  public LabelSelector {
    matchLabels = Absent.map(matchLabels);
    matchExpressions = Absent.list(matchExpressions);
  }

  public boolean matches(Map<String, String> labels) {
    for (var entry : matchLabels.entrySet()) {
      if (!entry.getValue().equals(labels.get(entry.getKey()))) {
        return false;
      }
    }
    for (var requirement : matchExpressions) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }
}
