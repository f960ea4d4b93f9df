package dev.berth.core.explain;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.HostPorts;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.model.Container;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.NodeSelector;
import dev.berth.core.model.Pod;
import dev.berth.core.schedule.Refusal;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What would let a pod, and all that have to be there with it, run on a node. */
final class NodeCures {
  private static final String ONLY_PREFERRED = "PreferNoSchedule";

  /** Whoever is to go first: the one that matters least, and of those the one that came last. */
  private static final Comparator<Observed<Pod>> LEAST_MISSED =
      Comparator.<Observed<Pod>>comparingInt(pod -> pod.view().priority())
          .thenComparing(
              pod -> pod.view().metadata().creationTimestamp(),
              Comparator.nullsFirst(Comparator.reverseOrder()))
          .thenComparing(Observed::key);

  private final ClusterView view;
  private final List<Observed<Pod>> pods;
  private final Set<ObjectKey> keys;
  private final int priority;
  private final VolumesOnNodes volumes;

  /**
   * @param pods that have to be there together
   */
  NodeCures(ClusterView view, List<Observed<Pod>> pods, VolumesOnNodes volumes) {
    this.view = view;
    this.pods = pods;
    this.keys = Set.copyOf(pods.stream().map(Observed::key).toList());
    this.priority = pods.stream().mapToInt(pod -> pod.view().priority()).min().orElse(0);
    this.volumes = volumes;
  }

  /** Everything that the node's refusals ask for; null when that is in nobody's hand. */
  @Nullable Cure of(NodeState state, Node node, List<Refusal> refusals) {
    var rules = EnumSet.noneOf(Refusal.Rule.class);
    refusals.forEach(refusal -> rules.add(refusal.rule()));
    if (rules.contains(Refusal.Rule.RESOURCE)) {
      // What makes room makes it for the number of pods, too.
      rules.remove(Refusal.Rule.PODS);
    }
    var cure = Cure.NOTHING;
    for (var rule : rules) {
      cure = Cure.both(cure, of(state, node, rule));
    }
    return cure;
  }

  private @Nullable Cure of(NodeState state, Node node, Refusal.Rule rule) {
    return switch (rule) {
      case UNSCHEDULABLE -> uncordon(state);
      case TAINT -> untaint(state, node);
      case AFFINITY -> label(state, node);
      case PODS, RESOURCE -> room(state);
      case PORTS -> ports(state);
      case VOLUME_IN_USE -> endUse();
      case NO_VOLUME, CORDONED -> volumes.cure(node, true);
      // It is told what stands against each of them.
      case COMPANY -> Cure.NOTHING;
      case VOLUME_MISSING,
          VOLUME_PLACE,
          VOLUME_LIMIT,
          VOLUME_SPREAD,
          POD_AFFINITY,
          POD_ANTI_AFFINITY,
          EXISTING_ANTI_AFFINITY,
          SPREAD,
          SPREAD_LABEL,
          NO_SPACE ->
          null;
    };
  }

  static Cure uncordon(NodeState state) {
    var patch = Json.object();
    patch.withObject("spec").putNull("unschedulable");
    return Cure.of(
        new Remedy.Change(key(state), patch, "kubectl uncordon " + state.name()), Cure.WORD);
  }

  private static ObjectKey key(NodeState state) {
    return Keys.node(state.name());
  }

  private @Nullable Cure untaint(NodeState state, Node node) {
    var text = new StringBuilder("kubectl taint node ").append(state.name());
    var patch = Json.object();
    var kept = patch.withObject("spec").putArray("taints");
    for (var taint : state.taints()) {
      if (!node.spec().taints().contains(taint)
          || taint.key().equals(NodeState.NOT_READY)
          || taint.key().equals(NodeState.UNREACHABLE)) {
        // Of a condition: the node has to come back.
        return null;
      }
      if (taint.effect().equals(ONLY_PREFERRED) || tolerates(taint)) {
        kept.add(Json.tree(taint));
      } else {
        text.append(' ').append(taint.key()).append(':').append(taint.effect()).append('-');
      }
    }
    return Cure.of(new Remedy.Change(key(state), patch, text.toString()), Cure.LABEL);
  }

  private boolean tolerates(Node.Taint taint) {
    return pods.stream()
        .allMatch(
            pod ->
                pod.view().spec().tolerations().stream().anyMatch(each -> each.tolerates(taint)));
  }

  /**
   * Labels that the pods ask for and the node lacks. What a node says of itself stays: volumes and
   * other pods may be there because of it.
   */
  private @Nullable Cure label(NodeState state, Node node) {
    var wanted = new HashMap<String, String>();
    for (var pod : pods) {
      var its = wantedLabels(pod.view(), state, node);
      if (its == null) {
        return null;
      }
      for (var entry : its.entrySet()) {
        var other = wanted.put(entry.getKey(), entry.getValue());
        if (other != null && !other.equals(entry.getValue())) {
          return null;
        }
      }
    }
    var labels = new HashMap<>(node.metadata().labels());
    labels.putAll(wanted);
    var changed =
        wanted.entrySet().stream()
            .filter(entry -> !entry.getValue().equals(node.metadata().labels().get(entry.getKey())))
            .sorted(Map.Entry.comparingByKey())
            .toList();
    if (changed.stream()
            .anyMatch(
                entry ->
                    entry.getKey().equals(Node.HOSTNAME_LABEL)
                        || node.metadata().labels().containsKey(entry.getKey()))
        || !pods.stream().allMatch(pod -> isSelected(pod.view(), state, labels))) {
      return null;
    }
    var patch = Json.object();
    var into = patch.withObject("metadata").withObject("labels");
    var text = new StringBuilder("kubectl label node ").append(state.name());
    for (var entry : changed) {
      into.put(entry.getKey(), entry.getValue());
      text.append(' ').append(entry.getKey()).append('=').append(entry.getValue());
    }
    return Cure.of(new Remedy.Change(key(state), patch, text.toString()), Cure.LABEL);
  }

  private static @Nullable NodeSelector required(Pod pod) {
    var affinity = pod.spec().affinity();
    var nodes = affinity == null ? null : affinity.nodeAffinity();
    return nodes == null ? null : nodes.requiredDuringSchedulingIgnoredDuringExecution();
  }

  private static boolean isSelected(Pod pod, NodeState state, Map<String, String> labels) {
    var required = required(pod);
    return required == null || required.matches(state.name(), labels);
  }

  /** The labels that one of them asks for; null when it asks for more than labels. */
  private static @Nullable Map<String, String> wantedLabels(Pod pod, NodeState state, Node node) {
    var wanted = new HashMap<>(pod.spec().nodeSelector());
    var required = required(pod);
    if (required != null && !required.matches(state.name(), node.metadata().labels())) {
      if (required.nodeSelectorTerms().size() != 1
          || !required.nodeSelectorTerms().getFirst().matchFields().isEmpty()) {
        return null;
      }
      for (var each : required.nodeSelectorTerms().getFirst().matchExpressions()) {
        if (each.operator().equals("In") && !each.matches(node.metadata().labels())) {
          wanted.putIfAbsent(each.key(), each.values().getFirst());
        } else if (each.operator().equals("Exists")) {
          wanted.putIfAbsent(each.key(), node.metadata().labels().getOrDefault(each.key(), ""));
        }
      }
    }
    return wanted;
  }

  /** Ends as few pods as make room, those that matter least first. */
  private @Nullable Cure room(NodeState state) {
    var residents = new ArrayList<>(inTheWay(state));
    residents.sort(LEAST_MISSED);
    for (var each : residents) {
      if (fits(state, List.of(each))) {
        return Cure.of(delete(each), Cure.POD);
      }
    }
    var gone = new ArrayList<Observed<Pod>>();
    for (var each : residents) {
      if (fits(state, gone)) {
        break;
      }
      gone.add(each);
    }
    if (!fits(state, gone)) {
      return null;
    }
    // Of those that make room together some may be too many, for one, those before a large one.
    for (var each : List.copyOf(gone).reversed()) {
      var fewer = new ArrayList<>(gone);
      fewer.remove(each);
      if (fits(state, fewer)) {
        gone = fewer;
      }
    }
    return new Cure(gone.stream().map(NodeCures::delete).toList(), Cure.POD * gone.size());
  }

  private boolean fits(NodeState state, List<Observed<Pod>> gone) {
    var without = new HashSet<>(keys);
    gone.forEach(each -> without.add(each.key()));
    var left = state.without(without);
    for (var pod : pods) {
      if (!fits(left, ResourceAmounts.of(pod.view()))) {
        return false;
      }
      left = left.with(pod);
    }
    return true;
  }

  /** Whoever is on the node, or room is kept for that these may not take. */
  private List<Observed<Pod>> inTheWay(NodeState state) {
    var found = new ArrayList<>(state.residents());
    state.expected(priority).stream().filter(pod -> !keys.contains(pod.key())).forEach(found::add);
    return found;
  }

  private boolean fits(NodeState left, ResourceAmounts needed) {
    var there = left.allocatable();
    var promised = left.promised(priority);
    return left.pods().size() + left.podsPromised(priority) < left.podLimit()
        && needed.cpuMillis() <= there.cpuMillis() - left.cpuMillisUsed() - promised.cpuMillis()
        && needed.memoryBytes()
            <= there.memoryBytes() - left.memoryBytesUsed() - promised.memoryBytes()
        && needed.others().entrySet().stream()
            .allMatch(
                other ->
                    other.getValue()
                        <= there.others().getOrDefault(other.getKey(), 0L)
                            - left.used(other.getKey())
                            - promised.others().getOrDefault(other.getKey(), 0L));
  }

  private static Remedy delete(Observed<Pod> pod) {
    return new Remedy.Delete(
        pod.key(),
        "kubectl delete pod -n %s %s".formatted(pod.key().namespace(), pod.key().name()));
  }

  private @Nullable Cure ports(NodeState state) {
    var wanted = new ArrayList<Container.Port>();
    for (var pod : pods) {
      var its = HostPorts.of(pod.view());
      if (its.stream()
          .anyMatch(port -> wanted.stream().anyMatch(each -> HostPorts.conflict(port, each)))) {
        return null;
      }
      wanted.addAll(its);
    }
    var cure = Cure.NOTHING;
    for (var resident : inTheWay(state)) {
      var taken = HostPorts.of(resident.view());
      if (wanted.stream()
          .anyMatch(port -> taken.stream().anyMatch(other -> HostPorts.conflict(port, other)))) {
        cure = Cure.both(cure, Cure.of(delete(resident), Cure.POD));
      }
    }
    return cure;
  }

  /** Other pods have claims of these that one pod alone may use. */
  private Cure endUse() {
    var remedies = new LinkedHashSet<Remedy>();
    for (var pod : pods) {
      for (var name : pod.view().claimNames()) {
        var claim = view.claim(Keys.claim(pod.key().namespace(), name));
        if (claim != null && claim.view().spec().accessModes().contains("ReadWriteOncePod")) {
          view.pods().using(claim.key()).stream()
              .map(view::pod)
              .filter(user -> user != null && isInTheWay(user))
              .forEach(user -> remedies.add(delete(user)));
        }
      }
    }
    return new Cure(List.copyOf(remedies), Cure.POD * remedies.size());
  }

  private boolean isInTheWay(Observed<Pod> user) {
    return !keys.contains(user.key())
        && !user.view().destination().isEmpty()
        && !user.view().finished();
  }
}
