package dev.berth.core.control;

import dev.berth.core.model.Affinity;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the pods are, or are expected, that other pods' rules speak of, and what they ask of those
 * that come after them. A question that was asked before is answered from counts that are kept as
 * pods come and go; a new one looks only at the pods with one of its labels.
 */
public final class PodPlaces {

  /** Most questions that are kept; the one that was not asked for the longest is forgotten. */
  private static final int MOST_KEPT = 2_048;

  /**
   * What a pod that has a node, or is expected on one, asks of pods that come later.
   *
   * @param selector who is meant
   * @param topologyKey what counts as near it
   * @param weight how much they are wanted near (or, below 0, not wanted); 0 when they must not
   *     come near
   */
  public record Wish(PodSelector selector, String topologyKey, int weight) {
    public boolean isBan() {
      return weight == 0;
    }
  }

  private record Standing(Wish wish, Tally owners) {}

  private final NodeIndex nodes;
  private final Map<String, Map<String, String>> namespaces = new HashMap<>();
  private final Map<Map.Entry<String, String>, Set<Pod>> byLabel = new HashMap<>();
  private final Set<Pod> all = identitySet();
  private final Map<PodSelector, Tally> kept = new LinkedHashMap<>();
  private final BySelector<PodSelector> keptBySelector = new BySelector<>(Function.identity());
  private final Map<Wish, Standing> standing = new HashMap<>();
  private final BySelector<Standing> standingBySelector =
      new BySelector<>(each -> each.wish().selector());

  PodPlaces(NodeIndex nodes) {
    this.nodes = nodes;
  }

  /** Things with a selector, found by a label of the pods that it may match. */
  private static final class BySelector<T> {
    private final Function<T, PodSelector> selector;
    private final Map<Map.Entry<String, String>, Set<T>> distinct = new HashMap<>();
    private final Set<T> others = new LinkedHashSet<>();

    BySelector(Function<T, PodSelector> selector) {
      this.selector = selector;
    }

    void add(T thing) {
      var label = selector.apply(thing).distinctiveLabel();
      (label == null ? others : distinct.computeIfAbsent(label, absent -> new LinkedHashSet<>()))
          .add(thing);
    }

    void remove(T thing) {
      var label = selector.apply(thing).distinctiveLabel();
      if (label == null) {
        others.remove(thing);
        return;
      }
      var things = distinct.get(label);
      if (things != null && things.remove(thing) && things.isEmpty()) {
        distinct.remove(label);
      }
    }

    List<T> matching(Pod pod, Function<String, Map<String, String>> namespaceLabels) {
      var found = new ArrayList<T>();
      for (var thing : others) {
        addIfMatching(thing, pod, namespaceLabels, found);
      }
      if (!distinct.isEmpty()) {
        for (var label : pod.metadata().labels().entrySet()) {
          for (var thing : distinct.getOrDefault(entry(label), Set.of())) {
            addIfMatching(thing, pod, namespaceLabels, found);
          }
        }
      }
      return found;
    }

    private void addIfMatching(
        T thing, Pod pod, Function<String, Map<String, String>> namespaceLabels, List<T> found) {
      if (selector.apply(thing).matches(pod, namespaceLabels)) {
        found.add(thing);
      }
    }
  }

  private static Map.Entry<String, String> entry(Map.Entry<String, String> label) {
    return Map.entry(label.getKey(), label.getValue());
  }

  private Map<String, String> namespaceLabels(String namespace) {
    return namespaces.getOrDefault(namespace, Map.of());
  }

  /** Whether the selector means the pod. */
  public boolean matches(PodSelector selector, Pod pod) {
    return selector.matches(pod, this::namespaceLabels);
  }

  /** The unfinished pods on nodes, or expected there, that the selector means. */
  public Tally tally(PodSelector selector) {
    var present = kept.remove(selector);
    if (present != null) {
      kept.put(selector, present);
      return present;
    }
    var tally = new Tally(nodes);
    for (var pod : candidates(selector)) {
      if (matches(selector, pod)) {
        tally.add(pod.destination(), 1);
      }
    }
    if (kept.size() == MOST_KEPT) {
      var eldest = kept.keySet().iterator().next();
      kept.remove(eldest);
      keptBySelector.remove(eldest);
    }
    kept.put(selector, tally);
    keptBySelector.add(selector);
    return tally;
  }

  private Set<Pod> candidates(PodSelector selector) {
    var label = selector.distinctiveLabel();
    return label == null ? all : byLabel.getOrDefault(entry(label), Set.of());
  }

  /** Whether the pod is counted although it has no node yet. */
  public boolean isExpected(Pod pod) {
    return pod.nodeName().isEmpty() && isPlaced(pod);
  }

  /**
   * The place where a pod is counted that has no node yet; null when it is counted nowhere.
   *
   * @param topologyKey the label that names places
   */
  public @Nullable String expectedPlace(Pod pod, String topologyKey) {
    return isExpected(pod) ? nodes.label(pod.nominatedNode(), topologyKey) : null;
  }

  /** What pods on nodes, or expected there, ask of the pod, and where those pods are. */
  public void wishesAbout(Pod pod, BiConsumer<Wish, Tally> consumer) {
    if (!standing.isEmpty()) {
      standingBySelector
          .matching(pod, this::namespaceLabels)
          .forEach(found -> consumer.accept(found.wish(), found.owners()));
    }
  }

  /** What a pod asks of those that come after it. */
  public static List<Wish> wishesOf(Pod pod) {
    var affinity = pod.spec().affinity();
    if (affinity == null
        || (affinity.podAffinity() == null && affinity.podAntiAffinity() == null)) {
      return List.of();
    }
    var namespace = pod.metadata().namespace();
    var wishes = new ArrayList<Wish>();
    addPreferred(affinity.podAffinity(), namespace, 1, wishes);
    addPreferred(affinity.podAntiAffinity(), namespace, -1, wishes);
    if (affinity.podAntiAffinity() != null) {
      affinity.podAntiAffinity().requiredDuringSchedulingIgnoredDuringExecution().stream()
          .map(term -> new Wish(PodSelector.of(term, namespace), term.topologyKey(), 0))
          .forEach(wishes::add);
    }
    return wishes;
  }

  private static void addPreferred(
      Affinity.@Nullable PodAffinity affinity, String namespace, int sign, List<Wish> wishes) {
    if (affinity != null) {
      for (var preferred : affinity.preferredDuringSchedulingIgnoredDuringExecution()) {
        var term = preferred.podAffinityTerm();
        wishes.add(
            new Wish(
                PodSelector.of(term, namespace), term.topologyKey(), sign * preferred.weight()));
      }
    }
  }

  void replace(@Nullable Pod before, @Nullable Pod after) {
    if (before != null && isPlaced(before)) {
      all.remove(before);
      before.metadata().labels().entrySet().forEach(label -> unlist(label, before));
      count(before, -1);
    }
    if (after != null && isPlaced(after)) {
      all.add(after);
      for (var label : after.metadata().labels().entrySet()) {
        byLabel.computeIfAbsent(entry(label), absent -> identitySet()).add(after);
      }
      count(after, 1);
    }
  }

  private static Set<Pod> identitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>(4));
  }

  private void unlist(Map.Entry<String, String> label, Pod pod) {
    var key = entry(label);
    var pods = byLabel.get(key);
    if (pods != null && pods.remove(pod) && pods.isEmpty()) {
      byLabel.remove(key);
    }
  }

  private static boolean isPlaced(Pod pod) {
    return !pod.destination().isEmpty() && !pod.finished();
  }

  private void count(Pod pod, int change) {
    for (var selector : keptBySelector.matching(pod, this::namespaceLabels)) {
      var tally = kept.get(selector);
      if (tally != null) {
        tally.add(pod.destination(), change);
      }
    }
    for (var wish : wishesOf(pod)) {
      var stands = standing.get(wish);
      if (stands == null) {
        stands = new Standing(wish, new Tally(nodes));
        standing.put(wish, stands);
        standingBySelector.add(stands);
      }
      stands.owners().add(pod.destination(), change);
      if (stands.owners().isEmpty()) {
        standing.remove(wish);
        standingBySelector.remove(stands);
      }
    }
  }

  /** The labels of a node with pods changed, or it came or went. */
  void relabelled(String node) {
    kept.values().forEach(tally -> tally.relabelled(node));
    standing.values().forEach(stands -> stands.owners().relabelled(node));
  }

  /** What was counted by the labels of namespaces is counted again when somebody asks. */
  void replaceNamespace(String name, @Nullable Observed<Namespace> after) {
    var labels = after == null ? null : after.view().metadata().labels();
    var before = labels == null ? namespaces.remove(name) : namespaces.put(name, labels);
    if (before == null || !before.equals(labels)) {
      for (var selector : List.copyOf(kept.keySet())) {
        if (selector.namespaceSelector() != null) {
          kept.remove(selector);
          keptBySelector.remove(selector);
        }
      }
    }
  }
}
