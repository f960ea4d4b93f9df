package dev.berth.core.explain;

import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.Spread;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.explain.Explanation.Reason;
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
import java.util.stream.Collectors;

/** What nodes have against a pod, rule by rule: what was needed and what was there. */
final class NodeReasons {
  private final ClusterView view;
  private final Observed<Pod> pod;
  private final VolumesOnNodes volumes;

  NodeReasons(ClusterView view, Observed<Pod> pod, VolumesOnNodes volumes) {
    this.view = view;
    this.pod = pod;
    this.volumes = volumes;
  }

  /** The node, and all that it has against the pod. */
  Candidate candidate(Verdict verdict) {
    var state = Objects.requireNonNull(view.nodes().get(verdict.node()));
    return new Candidate(
        "Node",
        verdict.node(),
        verdict.refusals().stream().flatMap(refusal -> reasons(state, refusal).stream()).toList());
  }

  private List<Reason> reasons(NodeState state, Refusal refusal) {
    return switch (refusal.rule()) {
      case NO_VOLUME, CORDONED -> volumeReasons(state, refusal);
      case NO_SPACE -> spaceReasons(state, refusal);
      case RESOURCE -> List.of(resource(state, refusal));
      case PODS ->
          List.of(
              reason(
                  refusal,
                  "room for a pod",
                  "%d pods of at most %d".formatted(state.pods().size(), state.podLimit())));
      case UNSCHEDULABLE,
          TAINT,
          AFFINITY,
          PORTS,
          VOLUME_MISSING,
          VOLUME_PLACE,
          VOLUME_IN_USE,
          VOLUME_LIMIT,
          POD_AFFINITY,
          POD_ANTI_AFFINITY,
          EXISTING_ANTI_AFFINITY,
          SPREAD,
          SPREAD_LABEL ->
          List.of(reason(refusal, "", ""));
      case VOLUME_SPREAD -> spreadReasons(state, refusal);
    };
  }

  /** Which of its claims may not have a volume on the node, and what it has to be apart from. */
  private List<Reason> spreadReasons(NodeState state, Refusal refusal) {
    var reasons = new ArrayList<Reason>();
    var labels = Objects.requireNonNull(state.node()).view().metadata().labels();
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
    var rule = refusal.rule().name().toLowerCase(Locale.ROOT).replace('_', '-');
    return new Reason(rule, needed, found, refusal.message());
  }

  private Reason resource(NodeState state, Refusal refusal) {
    var needed = ResourceAmounts.of(pod.view());
    var there = state.allocatable();
    return switch (refusal.detail()) {
      case ResourceAmounts.CPU ->
          reason(
              refusal,
              Quantity.ofMillis(needed.cpuMillis()).toString(),
              "%s free of %s"
                  .formatted(
                      Quantity.ofMillis(there.cpuMillis() - state.cpuMillisUsed()),
                      Quantity.ofMillis(there.cpuMillis())));
      case ResourceAmounts.MEMORY ->
          reason(
              refusal,
              Quantity.ofBytes(needed.memoryBytes()).toString(),
              "%s free of %s"
                  .formatted(
                      Quantity.ofBytes(there.memoryBytes() - state.memoryBytesUsed()),
                      Quantity.ofBytes(there.memoryBytes())));
      default -> {
        var name = refusal.detail();
        var all = there.others().getOrDefault(name, 0L);
        yield reason(
            refusal,
            String.valueOf(needed.others().get(name)),
            "%d free of %d".formatted(all - state.used(name), all));
      }
    };
  }

  /** What the node would have to make, and what it can. */
  private List<Reason> spaceReasons(NodeState state, Refusal refusal) {
    var node = Objects.requireNonNull(state.node()).view();
    var reasons = new ArrayList<Reason>();
    for (var claim : volumes.openClaims()) {
      var free = Provisioning.freeSpace(view, claim.view(), node);
      if (free != null) {
        reasons.add(
            reason(
                refusal,
                "a volume of %s for claim %s".formatted(claim.view().request(), claim.key().name()),
                "%s free for class \"%s\", without what is being made"
                    .formatted(free, claim.view().className())));
      }
    }
    return reasons.isEmpty() ? List.of(reason(refusal, "", "")) : reasons;
  }

  /** Volume by volume why the node has none for a claim. */
  private List<Reason> volumeReasons(NodeState state, Refusal refusal) {
    var node = Objects.requireNonNull(state.node()).view();
    var reasons = new ArrayList<Reason>();
    for (var claim : volumes.openClaims()) {
      var verdicts = volumes.verdicts(claim, node);
      if (verdicts.isEmpty()) {
        reasons.add(
            reason(
                refusal,
                "a volume of %s for claim %s".formatted(claim.view().request(), claim.key().name()),
                "none of class \"%s\" on this node".formatted(claim.view().className())));
      }
      for (var verdict : verdicts) {
        for (var against : verdict.refusals()) {
          reasons.add(
              reason(
                  refusal,
                  "claim %s: %s".formatted(claim.key().name(), against.needed()),
                  "volume %s: %s".formatted(verdict.volume().key().name(), against.found())));
        }
      }
    }
    if (reasons.isEmpty()) {
      reasons.add(
          reason(
              refusal,
              "a volume for each of %d claims".formatted(volumes.openClaims().size()),
              "volumes that fit each of them, but not all at once"));
    }
    return reasons;
  }
}
