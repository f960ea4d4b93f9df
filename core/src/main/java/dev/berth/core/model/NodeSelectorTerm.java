package dev.berth.core.model;

import java.util.List;
import java.util.Map;

/**
 * Expressions over a node's labels and fields (only {@code metadata.name}); all must hold. A term
 * without any expression selects nothing.
 */
public record NodeSelectorTerm(List<Requirement> matchExpressions, List<Requirement> matchFields) {

  /** The one field that nodes can be selected by. */
  public static final String NAME_FIELD = "metadata.name";

  public NodeSelectorTerm {
    matchExpressions = Absent.list(matchExpressions);
    matchFields = Absent.list(matchFields);
  }

  public boolean matches(String nodeName, Map<String, String> labels) {
    if (matchExpressions.isEmpty() && matchFields.isEmpty()) {
      return false;
    }
    for (var requirement : matchExpressions) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    for (var requirement : matchFields) {
      if (!requirement.matches(Map.of(NAME_FIELD, nodeName))) {
        return false;
      }
    }
    return true;
  }
}
