package dev.berth.core.explain;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why the claims of a whole group that waits for no pod have no volumes: node by node. */
final class GroupExplanation {

  /** So many of the nodes that want least are asked what would help. */
  private static final int TREATED = 16;

  /** A node, and what it has against the group. */
  private record Judged(NodeState state, List<Reason> reasons) {
    Node node() {
      return Objects.requireNonNull(state.node()).view();
    }
  }

  private final ClusterView view;
  private final VolumeGroup group;
  private final List<OpenClaim> open;
  private final VolumesOnNodes volumes;

  /** Those that the group has. */
  private final List<PersistentVolume> places;

  GroupExplanation(ClusterView view, VolumeGroup group) {
    this.view = view;
    this.group = group;
    this.open =
        VolumePlacement.inOrder(
            group.open().stream().map(member -> OpenClaim.of(view, member)).toList());
    this.volumes = new VolumesOnNodes(view, open.stream().map(OpenClaim::claim).toList());
    this.places =
        group.members().stream()
            .filter(member -> member.view().fullyBound())
            .map(member -> view.volume(member.view().volumeName()))
            .filter(Objects::nonNull)
            .map(Observed::view)
            .toList();
  }

  Explanation explain(Observed<PersistentVolumeClaim> claim, int limit) {
    for (var member : volumes.claims()) {
      var underWay = Provisioning.underWay(view, member);
      if (underWay != null) {
        return waiting(
            claim, Provisioning.progress(underWay.view()), "look at that node, and at its events");
      }
      if (!member.view().volumeName().isEmpty()) {
        return waiting(
            claim,
            "claim %s of volume group %s has not got the volume that it names"
                .formatted(member.key().name(), group.name()),
            "berth explain pvc/" + member.key().name());
      }
    }
    var judged = judge();
    if (judged.isEmpty()) {
      return waiting(claim, "there are no nodes", "add a node");
    }
    var fitting = judged.getFirst().reasons().isEmpty();
    var cure = fitting ? null : cure(judged);
    return new Explanation(
        claim.key(),
        true,
        fitting
            ? "volume group %s is being bound on node %s"
                .formatted(group.name(), judged.getFirst().state().name())
            : "none of %d nodes has volumes for all %d claims of volume group %s that need one: %s"
                .formatted(judged.size(), open.size(), group.name(), tally(judged)),
        volumes.claims().stream()
            .map(
                each ->
                    "a volume of %s, class \"%s\", for claim %s"
                        .formatted(
                            each.view().request(), each.view().className(), each.key().name()))
            .toList(),
        judged.stream()
            .limit(limit)
            .map(each -> new Candidate("Node", each.state().name(), each.reasons()))
            .toList(),
        Math.max(0, judged.size() - limit),
        cure == null ? List.of() : cure.remedies(),
        fitting
            ? ""
            : cure == null
                ? "add a node with volumes for all claims of the group, or ask for less"
                : cure.text());
  }

  private static Explanation waiting(
      Observed<PersistentVolumeClaim> claim, String why, String advice) {
    return Explanation.waiting(claim.key(), why, List.of(), advice);
  }

  /** What would give all of them their volumes; null when that is in nobody's hand. */
  @Nullable Cure cure() {
    if (volumes.claims().stream().anyMatch(member -> !member.view().volumeName().isEmpty())) {
      return null;
    }
    if (volumes.claims().stream().anyMatch(each -> Provisioning.underWay(view, each) != null)) {
      return Cure.NOTHING;
    }
    var judged = judge();
    return judged.isEmpty()
        ? null
        : judged.getFirst().reasons().isEmpty() ? Cure.NOTHING : cure(judged);
  }

  private @Nullable Cure cure(List<Judged> judged) {
    Cure best = null;
    for (var each : judged.subList(0, Math.min(TREATED, judged.size()))) {
      best = Cure.lesser(best, cure(each));
    }
    return best == null || best.remedies().isEmpty() ? null : best;
  }

  private @Nullable Cure cure(Judged judged) {
    var node = judged.node();
    var cure = Cure.NOTHING;
    for (var rule : judged.reasons().stream().map(Reason::rule).distinct().toList()) {
      cure =
          switch (rule) {
            case "no-volume", "cordoned" ->
                Cure.both(cure, volumes.cure(node, Provisioning.isOpen(node)));
            case "unschedulable" ->
                node.ready() ? Cure.both(cure, NodeCures.uncordon(judged.state())) : null;
            default -> null;
          };
    }
    return cure;
  }

  /** The nodes, those that want least first. */
  private List<Judged> judge() {
    return view.nodes().all().stream()
        .filter(state -> state.node() != null)
        .map(state -> new Judged(state, reasons(Objects.requireNonNull(state.node()).view())))
        .sorted(
            Comparator.<Judged>comparingInt(judged -> judged.reasons().size())
                .thenComparing(judged -> judged.state().name()))
        .toList();
  }

  private List<Reason> reasons(Node node) {
    var reasons = new ArrayList<Reason>();
    for (var volume : places) {
      if (!volume.reachableFrom(node.metadata().name(), node.metadata().labels())) {
        reasons.add(
            new Reason(
                "volume-place",
                "the node of the volumes that the group has already",
                "volume %s is not there".formatted(volume.metadata().name()),
                "node(s) had volume node affinity conflict"));
      }
    }
    if (!OpenClaim.allMayBeOn(node, open)) {
      reasons.add(
          new Reason(
              "volume-spread",
              "a place that no other claim of their spread has",
              "it is taken, or two of the group must be apart",
              "node(s) didn't match the volume spread of the claims"));
    }
    var placement = VolumePlacement.on(view, node, open);
    if (placement == null) {
      reasons.addAll(volumeReasons(node));
    } else if (!placement.toMake().isEmpty() && !Provisioning.isOpen(node)) {
      reasons.add(
          new Reason(
              "unschedulable",
              "a node that can be asked for volumes",
              node.ready() ? "it is cordoned" : "it is not ready",
              "node(s) were unschedulable"));
    }
    return reasons;
  }

  private List<Reason> volumeReasons(Node node) {
    if (VolumePlacement.isPossibleWithSpace(view, node, open)) {
      return volumes.spaceReasons(node, "no-space", "node(s) did not have enough free storage");
    }
    return VolumePlacement.cordoned(view, node, open).isEmpty()
        ? volumes.reasons(
            node, "no-volume", "node(s) didn't find available persistent volumes to bind")
        : volumes.reasons(
            node,
            "cordoned",
            "node(s) had fitting persistent volumes only on disks that are cordoned");
  }

  private static String tally(List<Judged> judged) {
    return judged.stream()
        .flatMap(each -> each.reasons().stream().map(Reason::message).distinct())
        .collect(Collectors.groupingBy(message -> message, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
