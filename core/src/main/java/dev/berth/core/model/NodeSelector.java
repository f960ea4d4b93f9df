package dev.berth.core.model;

import java.util.List;
import java.util.Map;

/** Selects nodes: one of the terms must hold. Without terms it selects nothing. */
public record NodeSelector(List<NodeSelectorTerm> nodeSelectorTerms) {

  public NodeSelector {
    nodeSelectorTerms = Absent.list(nodeSelectorTerms);
  }

  public boolean matches(String nodeName, Map<String, String> labels) {
    for (var term : nodeSelectorTerms) {
      if (term.matches(nodeName, labels)) {
        return true;
      }
    }
    return false;
  }
}
