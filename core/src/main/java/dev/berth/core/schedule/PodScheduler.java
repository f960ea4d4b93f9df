package dev.berth.core.schedule;

import dev.berth.core.binding.Binding;
import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.VolumePlacement;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Condition;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives a pod its node and its open claims their volumes, in one transaction that also requires the
 * node and the bound claims and volumes to be as they were looked at.
 */
public final class PodScheduler implements Reconciler {

  /** The scheduler that pods name when they name none. */
  public static final String NAME = "default-scheduler";

  private static final String SCHEDULED = "PodScheduled";
  private static final String UNSCHEDULABLE = "Unschedulable";
  private static final int MOST_OPEN_CLAIMS = (Transaction.MAX_WRITES - 1) / 2;

  /** A node that can take the pod. */
  private record Candidate(
      NodeState state, Observed<Node> node, VolumePlacement volumes, double score) {

    boolean isBetterThan(@Nullable Candidate other) {
      if (other == null || score != other.score) {
        return other == null || score > other.score;
      }
      var byPods = Integer.compare(state.pods().size(), other.state.pods().size());
      return byPods < 0 || (byPods == 0 && state.name().compareTo(other.state.name()) < 0);
    }
  }

  /** The pods wake by way of their own queue, which knows what each of them waits for. */
  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {}

  /** Whether the pod waits for this scheduler to give it a node. */
  static boolean isWaiting(Pod pod) {
    var scheduler = pod.spec().schedulerName();
    return pod.nodeName().isEmpty()
        && !pod.metadata().deleting()
        && !pod.finished()
        && (scheduler == null || scheduler.isEmpty() || scheduler.equals(NAME));
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var pod = view.pod(key);
    if (pod == null || !isWaiting(pod.view())) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    if (view.nodes().size() == 0) {
      return unschedulable(
          pod, "no nodes available to schedule pods", EnumSet.of(Relief.NODE, Relief.CLAIM), now);
    }
    return switch (PodClaims.of(view, pod)) {
      case PodClaims.Unsettled(var keys) -> new Plan(List.of(), List.of(), new Plan.Settled(keys));
      case PodClaims.Blocked(var why, var reliefs) ->
          unschedulable(pod, zeroOf(view) + why, reliefs, now);
      case PodClaims.Ready ready when ready.open().size() > MOST_OPEN_CLAIMS ->
          unschedulable(
              pod,
              zeroOf(view)
                  + "pod has %d unbound PersistentVolumeClaims, at most %d can be bound at once"
                      .formatted(ready.open().size(), MOST_OPEN_CLAIMS),
              EnumSet.of(Relief.CLAIM),
              now);
      case PodClaims.Ready ready -> place(view, pod, ready, now);
    };
  }

  private static String zeroOf(ClusterView view) {
    return "0/%d nodes are available: ".formatted(view.nodes().size());
  }

  private static Plan place(
      ClusterView view, Observed<Pod> pod, PodClaims.Ready claims, Instant now) {
    var demand = new PodDemand(pod);
    var open = VolumePlacement.inOrder(claims.open());
    var reasons = new HashMap<String, Integer>();
    var reliefs = EnumSet.noneOf(Relief.class);
    var refusals = new ArrayList<Refusal>();
    Candidate best = null;
    for (var state : view.nodes().all()) {
      refusals.clear();
      var candidate = candidate(view, demand, claims, open, state, refusals::add);
      if (candidate != null && candidate.isBetterThan(best)) {
        best = candidate;
      }
      for (var refusal : refusals) {
        reasons.merge(refusal.message(), 1, Integer::sum);
        reliefs.addAll(refusal.rule().reliefs());
      }
    }
    if (best == null) {
      return unschedulable(pod, summary(view, reasons), reliefs, now);
    }
    return view.isBusy(best.node().key())
        ? Plan.waitFor(best.node().key())
        : assign(pod, claims, best, now);
  }

  /** The node as a candidate, or null and the reasons of the first rule that says no. */
  private static @Nullable Candidate candidate(
      ClusterView view,
      PodDemand pod,
      PodClaims.Ready claims,
      List<OpenClaim> open,
      NodeState state,
      Consumer<Refusal> refusals) {
    var node = Objects.requireNonNull(state.node());
    var refused = new boolean[1];
    Consumer<Refusal> noted =
        refusal -> {
          refused[0] = true;
          refusals.accept(refusal);
        };
    for (var filter : NodeFilter.ALL) {
      filter.check(pod, state, node.view(), noted);
      if (refused[0]) {
        return null;
      }
    }
    if (claims.missing()) {
      refusals.accept(Refusal.VOLUME_MISSING);
      return null;
    }
    for (var bound : claims.bound()) {
      if (!bound.volume().view().reachableFrom(state.name(), node.view().metadata().labels())) {
        refusals.accept(Refusal.VOLUME_PLACE);
        return null;
      }
    }
    var volumes = VolumePlacement.on(view, node.view(), open);
    if (volumes == null) {
      refusals.accept(Refusal.ofNoVolume(VolumePlacement.cordoned(view, node.view(), open)));
      return null;
    }
    return new Candidate(state, node, volumes, NodeScore.of(pod, state, volumes));
  }

  private static String summary(ClusterView view, Map<String, Integer> reasons) {
    var parts =
        reasons.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .sorted()
            .toList();
    return zeroOf(view) + String.join(", ", parts) + ".";
  }

  private static Plan assign(
      Observed<Pod> pod, PodClaims.Ready claims, Candidate best, Instant now) {
    var draft = new Draft();
    for (var choice : best.volumes().volumes()) {
      Binding.write(draft, choice.volume(), choice.claim());
    }
    for (var bound : claims.bound()) {
      draft.relyOn(bound.claim()).relyOn(bound.volume());
    }
    draft.relyOn(best.node());
    draft.write(
        Edit.of(pod)
            .set(best.state().name(), "spec", "nodeName")
            .condition(new Condition(SCHEDULED, "True", "", "", null), now));
    draft.normal(
        pod,
        "Scheduled",
        "Successfully assigned %s/%s to %s"
            .formatted(pod.key().namespace(), pod.key().name(), best.state().name()));
    return draft.whenever();
  }

  private static Plan unschedulable(
      Observed<Pod> pod, String why, Set<Relief> reliefs, Instant now) {
    return new Draft()
        .write(
            Edit.of(pod)
                .condition(new Condition(SCHEDULED, "False", UNSCHEDULABLE, why, null), now))
        .warning(pod, "FailedScheduling", why)
        .relieved(reliefs);
  }
}
