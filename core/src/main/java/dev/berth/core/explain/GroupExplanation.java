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
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why the claims of a whole group that waits for no pod have no volumes: node by node. */
final class GroupExplanation {

  /** So many of the nodes that want least are asked what would help. */
  private static final int TREATED = 16;

  /** The rules that say no. */
  private enum Rule {
    VOLUME_PLACE("node(s) had volume node affinity conflict"),
    VOLUME_SPREAD("node(s) didn't match the volume spread of the claims"),
    NO_SPACE("node(s) did not have enough free storage"),
    NO_VOLUME("node(s) didn't find available persistent volumes to bind"),
    CORDONED("node(s) had fitting persistent volumes only on disks that are cordoned"),
    UNSCHEDULABLE("node(s) were unschedulable");

    private final String message;

    Rule(String message) {
      this.message = message;
    }

    Reason reason(String needed, String found) {
      return new Reason(word(), needed, found, message);
    }

    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * A node, and what it has against the group. Of those that are listed alone it is asked what
   * exactly: every decision waits meanwhile.
   */
  private record Judged(NodeState state, List<Rule> rules) {
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
    var fitting = judged.getFirst().rules().isEmpty();
    var poolless = fitting ? null : MissingPool.advice(view, volumes.claims());
    var cure = fitting || poolless != null ? null : cure(judged);
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
            .map(
                each ->
                    new Candidate(
                        "Node",
                        each.state().name(),
                        each.rules().stream()
                            .flatMap(rule -> reasons(each.node(), rule).stream())
                            .toList()))
            .toList(),
        Math.max(0, judged.size() - limit),
        cure == null ? List.of() : cure.remedies(),
        fitting
            ? ""
            : poolless != null
                ? poolless
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
        : judged.getFirst().rules().isEmpty() ? Cure.NOTHING : cure(judged);
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
    for (var rule : judged.rules()) {
      cure =
          switch (rule) {
            case NO_VOLUME, CORDONED ->
                Cure.both(cure, volumes.cure(node, Provisioning.isOpen(node)));
            case UNSCHEDULABLE ->
                node.ready() ? Cure.both(cure, NodeCures.uncordon(judged.state())) : null;
            case VOLUME_PLACE, VOLUME_SPREAD, NO_SPACE -> null;
          };
    }
    return cure;
  }

  /** The nodes, those that want least first. */
  private List<Judged> judge() {
    return view.nodes().all().stream()
        .filter(state -> state.node() != null)
        .map(state -> new Judged(state, rules(Objects.requireNonNull(state.node()).view())))
        .sorted(
            Comparator.<Judged>comparingInt(judged -> judged.rules().size())
                .thenComparing(judged -> judged.state().name()))
        .toList();
  }

  private List<Rule> rules(Node node) {
    var rules = new ArrayList<Rule>();
    if (!places.stream().allMatch(volume -> isAt(node, volume))) {
      rules.add(Rule.VOLUME_PLACE);
    }
    if (!OpenClaim.allMayBeOn(node, open)) {
      rules.add(Rule.VOLUME_SPREAD);
    }
    var placement = VolumePlacement.on(view, node, open);
    if (placement == null) {
      rules.add(
          VolumePlacement.isPossibleWithSpace(view, node, open)
              ? Rule.NO_SPACE
              : VolumePlacement.cordoned(view, node, open).isEmpty()
                  ? Rule.NO_VOLUME
                  : Rule.CORDONED);
    } else if (!placement.toMake().isEmpty() && !Provisioning.isOpen(node)) {
      rules.add(Rule.UNSCHEDULABLE);
    }
    return rules;
  }

  private static boolean isAt(Node node, PersistentVolume volume) {
    return volume.reachableFrom(node.metadata().name(), node.metadata().labels());
  }

  private List<Reason> reasons(Node node, Rule rule) {
    return switch (rule) {
      case VOLUME_PLACE ->
          places.stream()
              .filter(volume -> !isAt(node, volume))
              .map(
                  volume ->
                      rule.reason(
                          "the node of the volumes that the group has already",
                          "volume %s is not there".formatted(volume.metadata().name())))
              .toList();
      case VOLUME_SPREAD ->
          List.of(
              rule.reason(
                  "a place that no other claim of their spread has",
                  "it is taken, or two of the group must be apart"));
      case NO_SPACE -> volumes.spaceReasons(node, rule.word(), rule.message);
      case NO_VOLUME, CORDONED -> volumes.reasons(node, rule.word(), rule.message);
      case UNSCHEDULABLE ->
          List.of(
              rule.reason(
                  "a node that can be asked for volumes",
                  node.ready() ? "it is cordoned" : "it is not ready"));
    };
  }

  private static String tally(List<Judged> judged) {
    return judged.stream()
        .flatMap(each -> each.rules().stream().map(rule -> rule.message))
        .collect(Collectors.groupingBy(message -> message, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
