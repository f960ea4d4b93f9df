package dev.berth.core.schedule;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pods that go where one pod goes, because they wait for a node, too, and use claims of the
 * same volume groups: only a node that can take all of them is given to any.
 */
final class PodGang {

  /**
   * One of them.
   *
   * @param claims null when it could not run anywhere yet: then only what it asks of a node by
   *     itself is known
   */
  record Member(PodDemand demand, PodClaims.@Nullable Ready claims, List<PlaceFilter> filters) {

    /** Whether it can be given a node now. */
    boolean isPlaceable() {
      return claims != null && demand.pod().view().spec().schedulingGates().isEmpty();
    }
  }

  private final ClusterView view;
  private final Observed<Pod> pod;
  private final Map<ObjectKey, Member> others = new LinkedHashMap<>(0);
  private final Map<ObjectKey, OpenClaim> open = new LinkedHashMap<>();
  private final Set<ObjectKey> busy = new LinkedHashSet<>(0);

  private PodGang(ClusterView view, Observed<Pod> pod) {
    this.view = view;
    this.pod = pod;
  }

  /**
   * @param pod that is to be placed
   */
  static PodGang of(ClusterView view, Observed<Pod> pod, PodClaims.Ready claims) {
    var gang = new PodGang(view, pod);
    var fresh = new ArrayDeque<>(claims.open());
    while (!fresh.isEmpty()) {
      var claim = fresh.poll();
      if (gang.open.putIfAbsent(claim.claim().key(), claim) == null
          && !claim.claim().view().volumeGroup().isEmpty()) {
        for (var user : view.pods().using(claim.claim().key())) {
          fresh.addAll(gang.add(user));
        }
      }
    }
    return gang;
  }

  /** Takes in a pod that uses a claim of theirs, and says which claims come with it. */
  private List<OpenClaim> add(ObjectKey key) {
    var user = view.pod(key);
    if (user == null
        || key.equals(pod.key())
        || others.containsKey(key)
        || !PodScheduler.isWaiting(user.view())
        || isExcluded(user.view())) {
      return List.of();
    }
    if (view.isBusy(key)) {
      busy.add(key);
      return List.of();
    }
    var demand = new PodDemand(user);
    switch (PodClaims.of(view, user)) {
      case PodClaims.Unsettled(var keys) -> busy.addAll(keys);
      case PodClaims.Blocked _ -> others.put(key, new Member(demand, null, List.of()));
      case PodClaims.Ready ready -> {
        others.put(key, new Member(demand, ready, PlaceFilter.of(view, demand, ready)));
        return ready.open();
      }
    }
    return List.of();
  }

  /** Whether it has to wait until one of them is done with a claim. */
  private boolean isExcluded(Pod user) {
    return SoleUse.excludes(view, user, pod.view())
        || others.values().stream()
            .anyMatch(member -> SoleUse.excludes(view, user, member.demand().pod().view()));
  }

  /** What is being written of them. */
  Set<ObjectKey> busy() {
    return busy;
  }

  /** Whether it is one of the others. */
  boolean contains(ObjectKey key) {
    return others.containsKey(key);
  }

  /** All but the pod itself. */
  List<Member> others() {
    return List.copyOf(others.values());
  }

  /** The claims of all of them that get their volumes with the node. */
  List<OpenClaim> open() {
    return VolumePlacement.inOrder(List.copyOf(open.values()));
  }

  /**
   * Why the node cannot take the others beside the pod, by all rules but the one about free
   * volumes; null when it can.
   */
  @Nullable Refusal refusal(NodeState state, Node object, List<Observed<Pod>> gone) {
    if (others.isEmpty()) {
      return null;
    }
    if (!OpenClaim.allMayBeOn(object, List.copyOf(open.values()))) {
      return Refusal.of(Refusal.Rule.VOLUME_SPREAD);
    }
    var left = new ArrayList<>(others.values());
    var there = withoutAll(state, gone).with(pod);
    var shift = Shift.without(gone).with(pod);
    // Some may come only when others are there.
    for (var i = 0; i < left.size(); ) {
      var member = left.get(i);
      if (refusals(member, there, object, shift).isEmpty()) {
        there = there.with(member.demand().pod());
        shift = shift.with(member.demand().pod());
        left.remove(i);
        i = 0;
      } else {
        i++;
      }
    }
    return left.isEmpty()
        ? null
        : Refusal.ofCompany(
            left.getFirst().demand().pod().key().name(),
            refusals(left.getFirst(), there, object, shift).getFirst());
  }

  /** Everything that any rule has against the others when all of them are there. */
  List<Refusal> allRefusals(NodeState state, Node object) {
    var found = new LinkedHashSet<Refusal>();
    for (var member : others.values()) {
      var there = withoutAll(state, List.of()).with(pod);
      var shift = Shift.NONE.with(pod);
      for (var other : others.values()) {
        if (!other.equals(member)) {
          there = there.with(other.demand().pod());
          shift = shift.with(other.demand().pod());
        }
      }
      for (var filter : NodeFilter.ALL) {
        filter.check(member.demand(), there, object, found::add);
      }
      found.addAll(placeRefusals(member, there, object, shift));
    }
    return List.copyOf(found);
  }

  /** The node without those, and without the room that is promised to any of these. */
  private NodeState withoutAll(NodeState state, List<Observed<Pod>> gone) {
    var keys = new HashSet<>(others.keySet());
    keys.add(pod.key());
    gone.forEach(each -> keys.add(each.key()));
    return state.without(keys);
  }

  private List<Refusal> refusals(Member member, NodeState there, Node object, Shift shift) {
    var found = Ranking.check(member.demand(), there);
    if (!found.isEmpty()) {
      return found;
    }
    return placeRefusals(member, there, object, shift);
  }

  private List<Refusal> placeRefusals(Member member, NodeState there, Node object, Shift shift) {
    List<Refusal> refusals = new ArrayList<>(0);
    for (var filter : member.filters()) {
      filter.check(there, object, shift, refusals::add);
    }
    PodAffinityFilters.bans(
        view.nodes().podPlaces(), member.demand().pod().view(), object, shift, refusals::add);
    return refusals;
  }
}
