package dev.berth.core.control;

import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The nodes with what is taken of them, and the finished pods that still name them. */
public final class NodeIndex {
  private final Map<String, NodeState> states = new HashMap<>();
  private final Map<String, NodeState> present = new LinkedHashMap<>();
  private final Map<String, Set<ObjectKey>> everyPod = new HashMap<>();

  NodeIndex() {}

  /** The nodes that have a Node object. */
  public Collection<NodeState> all() {
    return Collections.unmodifiableCollection(present.values());
  }

  public int size() {
    return present.size();
  }

  /** What is known of a node by this name; null for nothing. */
  public @Nullable NodeState get(String name) {
    return states.get(name);
  }

  /** All pods that name the node, finished ones too. */
  public Set<ObjectKey> podsNaming(String node) {
    return Collections.unmodifiableSet(everyPod.getOrDefault(node, Set.of()));
  }

  void replace(String name, @Nullable Observed<Node> after, Instant now) {
    var state = state(name, now);
    state.replaceNode(after, now);
    if (after != null) {
      present.put(name, state);
    } else {
      present.remove(name);
      forgetIfEmpty(state);
    }
  }

  /** Notes that the node's Lease changed, or has gone. */
  void beat(String name, boolean alive, Instant now) {
    var state = state(name, now);
    state.beat(alive ? now : null);
    forgetIfEmpty(state);
  }

  void replacePod(@Nullable Observed<Pod> before, @Nullable Observed<Pod> after, Instant now) {
    if (before != null && !before.view().nodeName().isEmpty()) {
      removePod(before.key(), before.view().nodeName());
    }
    if (after != null && !after.view().nodeName().isEmpty()) {
      var pod = after.view();
      everyPod.computeIfAbsent(pod.nodeName(), absent -> new TreeSet<>()).add(after.key());
      var state = state(pod.nodeName(), now);
      if (!pod.finished()) {
        var assumed = ResourceAmounts.assumedOf(pod);
        state.addPod(after.key(), ResourceAmounts.of(pod), assumed);
      }
    }
  }

  private void removePod(ObjectKey pod, String node) {
    var naming = everyPod.get(node);
    if (naming != null && naming.remove(pod) && naming.isEmpty()) {
      everyPod.remove(node);
    }
    var state = states.get(node);
    if (state != null) {
      state.removePod(pod);
      forgetIfEmpty(state);
    }
  }

  private NodeState state(String name, Instant now) {
    return states.computeIfAbsent(name, absent -> new NodeState(absent, now));
  }

  private void forgetIfEmpty(NodeState state) {
    if (state.isForgettable() && !everyPod.containsKey(state.name())) {
      states.remove(state.name());
    }
  }
}
