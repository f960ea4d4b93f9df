package dev.berth.core.explain;

import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.HostPorts;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.schedule.Refusal;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What would let a pod run on a node. */
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
  private final Observed<Pod> pod;
  private final ResourceAmounts needed;

  NodeCures(ClusterView view, Observed<Pod> pod) {
    this.view = view;
    this.pod = pod;
    this.needed = ResourceAmounts.of(pod.view());
  }

  /** Everything that the node's refusals ask for; null when that is in nobody's hand. */
  @Nullable Cure of(NodeState state, Node node, List<Refusal> refusals) {
    var cure = Cure.NOTHING;
    var roomAsked = false;
    for (var refusal : refusals) {
      var room = refusal.rule() == Refusal.Rule.PODS || refusal.rule() == Refusal.Rule.RESOURCE;
      if (!room || !roomAsked) {
        cure = Cure.both(cure, of(state, node, refusal));
      }
      roomAsked |= room;
    }
    return cure;
  }

  private @Nullable Cure of(NodeState state, Node node, Refusal refusal) {
    return switch (refusal.rule()) {
      case UNSCHEDULABLE -> uncordon(state);
      case TAINT -> untaint(state, node);
      case AFFINITY -> label(state, node);
      case PODS, RESOURCE -> room(state);
      case PORTS -> ports(state);
      case VOLUME_IN_USE -> endUse();
      case NO_VOLUME, CORDONED -> volumes(node);
      case VOLUME_MISSING,
          VOLUME_PLACE,
          VOLUME_LIMIT,
          VOLUME_SPREAD,
          POD_AFFINITY,
          POD_ANTI_AFFINITY,
          EXISTING_ANTI_AFFINITY,
          SPREAD,
          SPREAD_LABEL,
          COMPANY,
          NO_SPACE ->
          null;
    };
  }

  private static Cure uncordon(NodeState state) {
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
    return pod.view().spec().tolerations().stream().anyMatch(each -> each.tolerates(taint));
  }

  /** Labels that the pod asks for; the one that says which host it is stays. */
  private @Nullable Cure label(NodeState state, Node node) {
    var wanted = new HashMap<>(pod.view().spec().nodeSelector());
    var affinity = pod.view().spec().affinity();
    var nodes = affinity == null ? null : affinity.nodeAffinity();
    var required = nodes == null ? null : nodes.requiredDuringSchedulingIgnoredDuringExecution();
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
    var labels = new HashMap<>(node.metadata().labels());
    labels.putAll(wanted);
    var changed =
        wanted.entrySet().stream()
            .filter(entry -> !entry.getValue().equals(node.metadata().labels().get(entry.getKey())))
            .sorted(Map.Entry.comparingByKey())
            .toList();
    if (changed.stream().anyMatch(entry -> entry.getKey().equals(Node.HOSTNAME_LABEL))
        || (required != null && !required.matches(state.name(), labels))) {
      return null;
    }
    var patch = Json.object();
    var into = patch.withObject("metadata").withObject("labels");
    var text = new StringBuilder("kubectl label node ").append(state.name());
    for (var entry : changed) {
      into.put(entry.getKey(), entry.getValue());
      text.append(' ').append(entry.getKey()).append('=').append(entry.getValue());
    }
    return Cure.of(
        new Remedy.Change(key(state), patch, text.append(" --overwrite").toString()), Cure.LABEL);
  }

  /** Ends as few pods as make room, those that matter least first. */
  private @Nullable Cure room(NodeState state) {
    var gone = new HashSet<>(Set.of(pod.key()));
    var remedies = new ArrayList<Remedy>();
    var residents = new ArrayList<>(state.residents());
    residents.sort(LEAST_MISSED);
    var alone = residents.stream().filter(each -> fits(state, Set.of(pod.key(), each.key())));
    var one = alone.findFirst();
    if (one.isPresent()) {
      return Cure.of(delete(one.get()), Cure.POD);
    }
    for (var each : residents) {
      if (fits(state, gone)) {
        break;
      }
      gone.add(each.key());
      remedies.add(delete(each));
    }
    return fits(state, gone) ? new Cure(remedies, Cure.POD * remedies.size()) : null;
  }

  private boolean fits(NodeState state, Set<ObjectKey> gone) {
    var left = state.without(gone);
    var there = left.allocatable();
    return left.pods().size() < left.podLimit()
        && needed.cpuMillis() <= there.cpuMillis() - left.cpuMillisUsed()
        && needed.memoryBytes() <= there.memoryBytes() - left.memoryBytesUsed()
        && needed.others().entrySet().stream()
            .allMatch(
                other ->
                    other.getValue()
                        <= there.others().getOrDefault(other.getKey(), 0L)
                            - left.used(other.getKey()));
  }

  private static Remedy delete(Observed<Pod> pod) {
    return new Remedy.Delete(
        pod.key(),
        "kubectl delete pod -n %s %s".formatted(pod.key().namespace(), pod.key().name()));
  }

  private @Nullable Cure ports(NodeState state) {
    var wanted = HostPorts.of(pod.view());
    var cure = Cure.NOTHING;
    for (var resident : state.residents()) {
      var taken = HostPorts.of(resident.view());
      if (wanted.stream()
          .anyMatch(port -> taken.stream().anyMatch(other -> HostPorts.conflict(port, other)))) {
        cure = Cure.both(cure, Cure.of(delete(resident), Cure.POD));
      }
    }
    return cure;
  }

  /** Other pods have a claim of this one that one pod alone may use. */
  private Cure endUse() {
    var remedies = new ArrayList<Remedy>();
    for (var name : pod.view().claimNames()) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      if (claim != null && claim.view().spec().accessModes().contains("ReadWriteOncePod")) {
        for (var key : view.pods().using(claim.key())) {
          var user = view.pod(key);
          if (user != null
              && !key.equals(pod.key())
              && !user.view().nodeName().isEmpty()
              && !user.view().finished()) {
            remedies.add(delete(user));
          }
        }
      }
    }
    return new Cure(remedies, Cure.POD * remedies.size());
  }

  /** Volumes on the node for all open claims, those with the least choice served first. */
  private @Nullable Cure volumes(Node node) {
    var offers = new LinkedHashMap<Observed<PersistentVolumeClaim>, List<VolumeVerdict>>();
    for (var claim : openClaims()) {
      offers.put(claim, verdicts(claim, node));
    }
    var cure = Cure.NOTHING;
    var taken = new HashSet<String>();
    var order = new ArrayList<>(offers.keySet());
    order.sort(Comparator.comparingLong(claim -> fitting(offers.getOrDefault(claim, List.of()))));
    for (var claim : order) {
      var left =
          offers.getOrDefault(claim, List.of()).stream()
              .filter(verdict -> !taken.contains(verdict.volume().key().name()))
              .toList();
      var free = left.stream().filter(verdict -> verdict.refusals().isEmpty()).findFirst();
      if (free.isPresent()) {
        taken.add(free.get().volume().key().name());
      } else {
        var best = VolumeCures.best(view, left, claim, node);
        if (best != null) {
          best.remedies().forEach(remedy -> taken.add(remedy.key().name()));
        }
        cure = Cure.both(cure, best);
      }
    }
    return cure;
  }

  private static long fitting(List<VolumeVerdict> verdicts) {
    return verdicts.stream().filter(verdict -> verdict.refusals().isEmpty()).count();
  }

  /**
   * The claims that get their volumes with the node, its own and their groups', the largest first.
   */
  List<Observed<PersistentVolumeClaim>> openClaims() {
    var all = new LinkedHashSet<Observed<PersistentVolumeClaim>>();
    for (var name : pod.view().claimNames()) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      if (claim != null && !claim.view().fullyBound()) {
        var group = VolumeGroup.of(view, claim);
        all.addAll(group == null ? List.of(claim) : group.members());
      }
    }
    var open = new ArrayList<>(all);
    open.removeIf(claim -> claim.view().fullyBound());
    open.sort(
        Comparator.<Observed<PersistentVolumeClaim>>comparingLong(
                claim -> -claim.view().request().ceiling())
            .thenComparing(Observed::key));
    return open;
  }

  /** The volumes of the claim's class that pods on the node can use, the smallest first. */
  List<VolumeVerdict> verdicts(Observed<PersistentVolumeClaim> claim, Node node) {
    var volumes = new ArrayList<Observed<PersistentVolume>>();
    for (var name : view.volumes().ofClass(claim.view().className())) {
      var volume = view.volume(name);
      if (volume != null
          && volume.view().reachableFrom(node.metadata().name(), node.metadata().labels())) {
        volumes.add(volume);
      }
    }
    volumes.sort(
        Comparator.<Observed<PersistentVolume>, Quantity>comparing(
                volume -> volume.view().storage())
            .thenComparing(Observed::key));
    return volumes.stream().map(volume -> VolumeVerdict.of(view, volume, claim)).toList();
  }
}
