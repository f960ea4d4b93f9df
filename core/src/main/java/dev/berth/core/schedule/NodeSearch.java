package dev.berth.core.schedule;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.VolumeOutlook;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the best node for one pod. What a node is worth is the sum of what it is worth by
 * itself, by which a {@link Ranking} holds the nodes in order, and of what its surroundings and
 * volumes add, which is bounded: so the search goes down the ranking and ends where not even the
 * bound could make a node better than the best one found. It finds what a look at all nodes would
 * find.
 */
final class NodeSearch {

  /** A volume of the right size matters more than a little more free memory. */
  private static final double VOLUME_WEIGHT = 400;

  /** A node that can take the pod, and the volumes that it has for it. */
  record Candidate(Observed<Node> node, VolumePlacement volumes, double score) {}

  /**
   * Why there is none.
   *
   * @param reasons how many nodes refused for each
   */
  record Failure(Map<String, Integer> reasons, Set<Refusal.Rule> rules) {}

  private final ClusterView view;
  private final PodDemand pod;
  private final PodClaims.Ready claims;
  private final PodGang gang;
  private final List<OpenClaim> open;
  private final List<PlaceFilter> filters;
  private final PlaceScore score;
  private final @Nullable Set<NodeState> only;
  private final Rankings rankings;

  /**
   * @param gang of the pod
   */
  NodeSearch(
      ClusterView view, Rankings rankings, PodDemand pod, PodClaims.Ready claims, PodGang gang) {
    this.view = view;
    this.pod = pod;
    this.claims = claims;
    this.gang = gang;
    this.open = gang.open();
    this.filters = PlaceFilter.of(view, pod, claims);
    this.score = PlaceScore.of(view, pod);
    this.only = onlyNodes();
    this.rankings = rankings;
  }

  PodDemand pod() {
    return pod;
  }

  PodClaims.Ready claims() {
    return claims;
  }

  PodGang gang() {
    return gang;
  }

  /** The only nodes that are worth a look, where that is plain to see; null when it is not. */
  private @Nullable Set<NodeState> onlyNodes() {
    for (var bound : claims.bound()) {
      var hosts = VolumePool.hosts(bound.volume().view());
      if (hosts != null) {
        var nodes = new HashSet<NodeState>();
        hosts.forEach(host -> nodes.addAll(view.nodes().ofHost(host)));
        return nodes;
      }
    }
    for (var each : open) {
      var annotations = each.claim().view().metadata().annotations();
      var sentTo = annotations.get(PersistentVolumeClaim.SELECTED_NODE);
      if (sentTo != null) {
        return named(Set.of(sentTo));
      }
    }
    if (pod.onlyHost() != null) {
      return view.nodes().ofHost(pod.onlyHost());
    }
    var names = pod.onlyNames();
    return names == null ? null : named(names);
  }

  private Set<NodeState> named(Collection<String> names) {
    var nodes = new HashSet<NodeState>();
    for (var name : names) {
      var state = view.nodes().get(name);
      if (state != null && state.node() != null) {
        nodes.add(state);
      }
    }
    return nodes;
  }

  /** The best node; null when none can take the pod. */
  @Nullable Candidate best() {
    var promised = promised();
    if (promised != null) {
      return promised;
    }
    return only == null ? bestOf(rankings.of(view.nodes(), pod)) : bestAmong(only);
  }

  /** The node where room is kept for this pod, if it can take the pod now. */
  private @Nullable Candidate promised() {
    var name = pod.pod().view().nominatedNode();
    var state = name.isEmpty() ? null : view.nodes().get(name);
    if (state == null || state.node() == null || (only != null && !only.contains(state))) {
      return null;
    }
    return on(withoutPromise(state));
  }

  /** The node as it is to this pod: room that is kept for itself does not stand in its way. */
  private NodeState withoutPromise(NodeState state) {
    return state.name().equals(pod.pod().view().nominatedNode())
        ? state.without(Set.of(pod.pod().key()))
        : state;
  }

  private @Nullable Candidate bestAmong(Collection<NodeState> nodes) {
    Candidate best = null;
    for (var state : nodes) {
      best = better(best, on(state));
    }
    return best;
  }

  /** One node, if it can take the pod. */
  @Nullable Candidate on(NodeState state) {
    return Ranking.check(pod, state).isEmpty() ? candidate(Ranking.rank(pod, state)) : null;
  }

  private @Nullable Candidate bestOf(Ranking ranking) {
    Candidate best = null;
    for (var state : VolumeOutlook.likelyNodes(view, open)) {
      var rank = ranking.of(state);
      if (rank != null) {
        best = better(best, candidate(rank));
      }
    }
    var bound = score.most();
    bound += open.isEmpty() ? 0 : VOLUME_WEIGHT * VolumeOutlook.bestFit(view, open);
    for (var rank : ranking.inOrder()) {
      if (best != null && best.score() >= rank.score() + bound) {
        return best;
      }
      best = better(best, candidate(rank));
    }
    return best;
  }

  private static @Nullable Candidate better(@Nullable Candidate one, @Nullable Candidate other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return other.score() > one.score() ? other : one;
  }

  /** The node with its volumes; null when its surroundings or its volumes do not allow it. */
  private @Nullable Candidate candidate(Ranking.Rank rank) {
    var node = Objects.requireNonNull(rank.node().node());
    if (!placeRefusals(rank.node(), node.view(), Shift.NONE).isEmpty()
        || gang.refusal(rank.node(), node.view(), List.of()) != null) {
      return null;
    }
    var volumes = VolumePlacement.on(view, node.view(), open);
    if (volumes == null) {
      return null;
    }
    var worth = rank.score() + score.of(node.view());
    return new Candidate(
        node, volumes, open.isEmpty() ? worth : worth + VOLUME_WEIGHT * volumes.fit());
  }

  /** What the first of the rules about surroundings that says no has to say. */
  private List<Refusal> placeRefusals(NodeState state, Node object, Shift shift) {
    List<Refusal> found = new ArrayList<>(0);
    for (var filter : filters) {
      filter.check(state, object, shift, found::add);
      if (!found.isEmpty()) {
        return found;
      }
    }
    return found;
  }

  /** Whether the node could take the pod if those had left it. */
  boolean isPossibleWithout(NodeState state, List<Observed<Pod>> gone) {
    var keys = new HashSet<>(gone.stream().map(Observed::key).toList());
    keys.add(pod.pod().key());
    var object = Objects.requireNonNull(state.node()).view();
    return Ranking.check(pod, state.without(keys)).isEmpty()
        && placeRefusals(state, object, Shift.without(gone)).isEmpty()
        && gang.refusal(state, object, gone) == null
        && VolumePlacement.on(view, object, open) != null;
  }

  /** What the first rule that says no has to say; empty when the node can take the pod. */
  List<Refusal> refusals(NodeState state) {
    var own = Ranking.check(pod, withoutPromise(state));
    return own.isEmpty() ? refusalsOfPlace(state) : own;
  }

  private List<Refusal> refusalsOfPlace(NodeState state) {
    var object = Objects.requireNonNull(state.node()).view();
    var refusals = placeRefusals(state, object, Shift.NONE);
    if (refusals.isEmpty() && VolumePlacement.on(view, object, open) == null) {
      return List.of(PlaceFilter.noVolumes(view, object, open));
    }
    var company = refusals.isEmpty() ? gang.refusal(state, object, List.of()) : null;
    return company == null ? refusals : List.of(company);
  }

  /** Everything that any rule has against the node, not only the first. */
  List<Refusal> allRefusals(NodeState state) {
    var object = Objects.requireNonNull(state.node()).view();
    var found = new ArrayList<Refusal>();
    for (var filter : NodeFilter.ALL) {
      filter.check(pod, withoutPromise(state), object, found::add);
    }
    for (var filter : filters) {
      filter.check(state, object, Shift.NONE, found::add);
    }
    if (VolumePlacement.on(view, object, open) == null) {
      found.add(PlaceFilter.noVolumes(view, object, open));
    }
    var company = gang.refusal(state, object, List.of());
    if (company != null && !found.contains(company)) {
      found.add(company);
    }
    return found;
  }

  /** Why {@link #best} found none. */
  Failure failure() {
    var reasons = new TreeMap<String, Integer>();
    var rules = new HashSet<Refusal.Rule>();
    if (only != null || !pod.pod().view().nominatedNode().isEmpty()) {
      for (var state : view.nodes().all()) {
        add(refusals(state), reasons, rules);
      }
    } else {
      var ranking = rankings.of(view.nodes(), pod);
      ranking
          .reasons()
          .forEach(
              (refusal, count) -> {
                reasons.merge(refusal.message(), count, Integer::sum);
                rules.add(refusal.rule());
              });
      for (var rank : ranking.inOrder()) {
        add(refusalsOfPlace(rank.node()), reasons, rules);
      }
    }
    return new Failure(reasons, rules);
  }

  private static void add(
      List<Refusal> refusals, Map<String, Integer> reasons, Set<Refusal.Rule> rules) {
    for (var refusal : refusals) {
      reasons.merge(refusal.message(), 1, Integer::sum);
      rules.add(refusal.rule());
    }
  }
}
