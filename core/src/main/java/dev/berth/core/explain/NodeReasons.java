package dev.berth.core.explain;

import dev.berth.core.binding.Spread;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.control.VolumePool;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.schedule.PodScheduler.Verdict;
import dev.berth.core.schedule.Refusal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What nodes have against a pod, rule by rule: what was needed and what was there. */
final class NodeReasons {
  private final ClusterView view;
  private final Observed<Pod> pod;
  private final List<String> others;
  private final VolumesOnNodes volumes;

  /**
   * @param pods that have to be there together, the one in question first
   */
  NodeReasons(ClusterView view, List<Observed<Pod>> pods, VolumesOnNodes volumes) {
    this.view = view;
    this.pod = pods.getFirst();
    this.others = pods.stream().skip(1).map(each -> each.key().name()).toList();
    this.volumes = volumes;
  }

  /** The node, and all that it has against the pod. */
  Candidate candidate(Verdict verdict) {
    var state = Objects.requireNonNull(view.nodes().get(verdict.node()));
    if (state.isPromisedTo(pod.key())) {
      state = state.without(Set.of(pod.key()));
    }
    return reasons(verdict, state);
  }

  private Candidate reasons(Verdict verdict, NodeState state) {
    return new Candidate(
        "Node",
        verdict.node(),
        verdict.refusals().stream().flatMap(refusal -> reasons(state, refusal).stream()).toList());
  }

  private List<Reason> reasons(NodeState state, Refusal refusal) {
    return switch (refusal.rule()) {
      case NO_VOLUME, CORDONED -> volumes.reasons(node(state), name(refusal), refusal.message());
      case NO_SPACE -> volumes.spaceReasons(node(state), name(refusal), refusal.message());
      case COMPANY ->
          List.of(
              reason(
                  refusal,
                  "room beside it for " + String.join(", ", others),
                  "no room for " + refusal.detail()));
      case RESOURCE -> List.of(resource(state, refusal));
      case PODS ->
          List.of(
              reason(
                  refusal,
                  "room for a pod",
                  "%d pods of at most %d"
                      .formatted(
                          state.pods().size() + state.podsPromised(pod.view().priority()),
                          state.podLimit())));
      case UNSCHEDULABLE,
          TAINT,
          AFFINITY,
          PORTS,
          VOLUME_MISSING,
          VOLUME_IN_USE,
          VOLUME_LIMIT,
          POD_AFFINITY,
          POD_ANTI_AFFINITY,
          EXISTING_ANTI_AFFINITY,
          SPREAD,
          SPREAD_LABEL ->
          List.of(reason(refusal, "", ""));
      case VOLUME_PLACE -> placeReasons(state, refusal);
      case VOLUME_SPREAD -> spreadReasons(state, refusal);
    };
  }

  /** Which of its claims have volumes that are elsewhere, and where. */
  private List<Reason> placeReasons(NodeState state, Refusal refusal) {
    var reasons = new ArrayList<Reason>();
    for (var name : new LinkedHashSet<>(pod.view().claimNames())) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      var bound = claim == null ? "" : claim.view().volumeName();
      var volume = bound.isEmpty() ? null : view.volume(bound);
      if (volume != null
          && !volume.view().reachableFrom(state.name(), node(state).metadata().labels())) {
        var hosts = VolumePool.hosts(volume.view());
        reasons.add(
            reason(
                refusal,
                "claim %s: a node that its volume %s is on".formatted(name, volume.key().name()),
                hosts == null
                    ? "the volume's node affinity says otherwise"
                    : "the volume is on " + String.join(", ", new TreeSet<>(hosts))));
      }
    }
    return reasons.isEmpty() ? List.of(reason(refusal, "", "")) : reasons;
  }

  /** Which of its claims may not have a volume on the node, and what it has to be apart from. */
  private List<Reason> spreadReasons(NodeState state, Refusal refusal) {
    var reasons = new ArrayList<Reason>();
    var labels = node(state).metadata().labels();
    for (var name : new LinkedHashSet<>(pod.view().claimNames())) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      var spread = claim == null ? Spread.NONE : Spread.of(view, claim);
      if (spread.allows(labels)) {
        continue;
      }
      var taken =
          spread.taken().getOrDefault(spread.own(), Set.of()).stream()
              .filter(place -> !place.isEmpty())
              .sorted()
              .collect(Collectors.joining(", "));
      var found = labels.get(spread.own());
      reasons.add(
          reason(
              refusal,
              "claim %s: a %s that no other claim of its spread has".formatted(name, spread.own()),
              "%s; taken: %s"
                  .formatted(
                      found == null ? "no such label" : spread.own() + "=" + found,
                      taken.isEmpty() ? "nobody knows which" : taken)));
    }
    return reasons.isEmpty() ? List.of(reason(refusal, "", "")) : reasons;
  }

  private static Reason reason(Refusal refusal, String needed, String found) {
    return new Reason(name(refusal), needed, found, refusal.message());
  }

  private static String name(Refusal refusal) {
    return refusal.rule().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Node node(NodeState state) {
    return Objects.requireNonNull(state.node()).view();
  }

  private Reason resource(NodeState state, Refusal refusal) {
    var needed = ResourceAmounts.of(pod.view());
    var there = state.allocatable();
    var promised = state.promised(pod.view().priority());
    return switch (refusal.detail()) {
      case ResourceAmounts.CPU ->
          reason(
              refusal,
              Quantity.ofMillis(needed.cpuMillis()).toString(),
              "%s free of %s"
                  .formatted(
                      Quantity.ofMillis(
                          there.cpuMillis() - state.cpuMillisUsed() - promised.cpuMillis()),
                      Quantity.ofMillis(there.cpuMillis())));
      case ResourceAmounts.MEMORY ->
          reason(
              refusal,
              Quantity.ofBytes(needed.memoryBytes()).toString(),
              "%s free of %s"
                  .formatted(
                      Quantity.ofBytes(
                          there.memoryBytes() - state.memoryBytesUsed() - promised.memoryBytes()),
                      Quantity.ofBytes(there.memoryBytes())));
      default -> {
        var name = refusal.detail();
        var all = there.others().getOrDefault(name, 0L);
        var taken = state.used(name) + promised.others().getOrDefault(name, 0L);
        yield reason(
            refusal,
            String.valueOf(needed.others().get(name)),
            "%d free of %d".formatted(all - taken, all));
      }
    };
  }
}
