package dev.berth.core.control;

import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The nodes with what is taken of them, and the finished pods that still name them. */
public final class NodeIndex {
  private final Map<String, NodeState> states = new HashMap<>();
  private final Map<String, NodeState> present = new LinkedHashMap<>();
  private final Map<String, Set<ObjectKey>> everyPod = new HashMap<>();
  private final LinkedHashMap<String, NodeState> byChange = new LinkedHashMap<>();
  private final Map<String, Set<NodeState>> byHost = new HashMap<>();
  private final Map<String, Map<String, Integer>> places = new HashMap<>();
  private final PodPlaces podPlaces = new PodPlaces(this);
  private long moment;
  private long departures;

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

  /**
   * The nodes that changed after some moment, the last one first, each once: its object, the pods
   * on it, or those that room is made for. Nodes that have gone are not among them.
   *
   * @param moment of the last look, as {@link #moment} told it then
   */
  public void changedSince(long moment, Consumer<NodeState> consumer) {
    for (var state : byChange.sequencedValues().reversed()) {
      if (state.changed <= moment) {
        return;
      }
      consumer.accept(state);
    }
  }

  /** Grows with every change of a node. */
  public long moment() {
    return moment;
  }

  /** How often a node has gone. */
  public long departures() {
    return departures;
  }

  /** The nodes with this value of the label that names hosts. */
  public Set<NodeState> ofHost(String hostname) {
    return Collections.unmodifiableSet(byHost.getOrDefault(hostname, Set.of()));
  }

  /** How many nodes have each value of the label. */
  public Map<String, Integer> places(String topologyKey) {
    return Collections.unmodifiableMap(places.computeIfAbsent(topologyKey, this::countPlaces));
  }

  private Map<String, Integer> countPlaces(String topologyKey) {
    var counts = new HashMap<String, Integer>();
    for (var name : present.keySet()) {
      var value = label(name, topologyKey);
      if (value != null) {
        counts.merge(value, 1, Integer::sum);
      }
    }
    return counts;
  }

  /** Where the pods on the nodes are that other pods' rules speak of. */
  public PodPlaces podPlaces() {
    return podPlaces;
  }

  /** A label of a node; null without the label or the node. */
  @Nullable String label(String node, String key) {
    var state = present.get(node);
    return state == null || state.node() == null
        ? null
        : state.node().view().metadata().labels().get(key);
  }

  void replace(String name, @Nullable Observed<Node> after, Instant now) {
    var state = state(name, now);
    var before = labels(state.node());
    state.replaceNode(after, now);
    if (after != null) {
      present.put(name, state);
      touch(state);
    } else if (present.remove(name) != null) {
      byChange.remove(name);
      departures++;
    }
    relabel(state, before, labels(after));
    forgetIfEmpty(state);
  }

  private static Map<String, String> labels(@Nullable Observed<Node> node) {
    return node == null ? Map.of() : node.view().metadata().labels();
  }

  private void relabel(NodeState state, Map<String, String> before, Map<String, String> after) {
    if (before.equals(after)) {
      return;
    }
    var oldHost = before.get(Node.HOSTNAME_LABEL);
    if (oldHost != null && byHost.containsKey(oldHost)) {
      byHost.get(oldHost).remove(state);
      byHost.computeIfPresent(oldHost, (host, states) -> states.isEmpty() ? null : states);
    }
    var newHost = after.get(Node.HOSTNAME_LABEL);
    if (newHost != null) {
      byHost.computeIfAbsent(newHost, absent -> new LinkedHashSet<>(2)).add(state);
    }
    places.forEach(
        (key, counts) -> {
          count(counts, before.get(key), -1);
          count(counts, after.get(key), 1);
        });
    if (!state.pods().isEmpty() || state.isPromised()) {
      podPlaces.relabelled(state.name());
    }
  }

  private static void count(Map<String, Integer> counts, @Nullable String value, int change) {
    if (value != null) {
      counts.merge(value, change, (one, other) -> one + other == 0 ? null : one + other);
    }
  }

  private void touch(NodeState state) {
    if (state.node() != null) {
      moment++;
      state.changed = moment;
      byChange.putLast(state.name(), state);
    }
  }

  /** Notes that the node's Lease changed, or has gone. */
  void beat(String name, boolean alive, Instant now) {
    var state = state(name, now);
    state.beat(alive ? now : null);
    forgetIfEmpty(state);
  }

  void replacePod(@Nullable Observed<Pod> before, @Nullable Observed<Pod> after, Instant now) {
    if (before != null && after != null && isSameView(before, after)) {
      var state = states.get(after.view().destination());
      if (state != null) {
        state.renewPod(after);
      }
      return;
    }
    podPlaces.replace(before == null ? null : before.view(), after == null ? null : after.view());
    if (before != null) {
      if (!before.view().nodeName().isEmpty()) {
        removePod(before.key(), before.view().nodeName());
      } else if (!before.view().destination().isEmpty()) {
        var state = state(before.view().destination(), now);
        state.takeBackPromise(before.key());
        touch(state);
        forgetIfEmpty(state);
      }
    }
    if (after != null) {
      if (!after.view().nodeName().isEmpty()) {
        addPod(after, state(after.view().nodeName(), now));
      } else if (!after.view().destination().isEmpty() && !after.view().finished()) {
        var state = state(after.view().destination(), now);
        state.promise(after);
        touch(state);
      }
    }
  }

  /** As when a write is answered: what it made of the pod was taken in when it was proposed. */
  @SuppressWarnings("ReferenceEquality") // equal ones are taken in again, which does no harm
  private static boolean isSameView(Observed<Pod> one, Observed<Pod> other) {
    return one.view() == other.view();
  }

  private void addPod(Observed<Pod> pod, NodeState state) {
    everyPod.computeIfAbsent(state.name(), absent -> new TreeSet<>()).add(pod.key());
    if (!pod.view().finished()) {
      state.addPod(pod);
      touch(state);
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
      touch(state);
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
