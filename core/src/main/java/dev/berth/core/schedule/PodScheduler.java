package dev.berth.core.schedule;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Removal;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Condition;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives a pod its node and its open claims their volumes, in one transaction that also requires the
 * node and the bound claims and volumes to be as they were looked at. Where a pod that matters more
 * finds no room, others are asked to go.
 *
 * <p>Between two calls it keeps nothing but {@link Rankings}, which tell what a look at all nodes
 * would tell.
 */
public final class PodScheduler implements Reconciler {

  /** The scheduler that pods name when they name none. */
  public static final String NAME = "default-scheduler";

  static final String SCHEDULED = "PodScheduled";
  private static final String UNSCHEDULABLE = "Unschedulable";
  private static final String GATED = "SchedulingGated";
  private static final String GATES = "Scheduling is blocked due to non-empty scheduling gates";

  private final Rankings rankings = new Rankings();

  /** The pods wake by way of their own queue, which knows what each of them waits for. */
  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {}

  /** Whether the pod waits for this scheduler to give it a node. */
  static boolean isWaiting(Pod pod) {
    return pod.nodeName().isEmpty() && !pod.metadata().deleting() && !pod.finished() && isOurs(pod);
  }

  /** Whether the pod leaves the choice of its node to this scheduler. */
  public static boolean isOurs(Pod pod) {
    var scheduler = pod.spec().schedulerName();
    return scheduler == null || scheduler.isEmpty() || scheduler.equals(NAME);
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
    if (!pod.view().spec().schedulingGates().isEmpty()) {
      return gated(pod, now);
    }
    if (view.nodes().size() == 0) {
      return unschedulable(
          pod,
          "no nodes available to schedule pods",
          EnumSet.of(Relief.NODE, Relief.CLAIM),
          null,
          now);
    }
    return switch (PodClaims.of(view, pod)) {
      case PodClaims.Unsettled(var keys) -> new Plan(List.of(), List.of(), new Plan.Settled(keys));
      case PodClaims.Blocked(var why, var reliefs, var madeOn) ->
          unschedulable(
              pod, zeroOf(view) + why, reliefs, mayComeTo(view, pod, madeOn) ? madeOn : null, now);
      case PodClaims.Ready ready -> place(view, pod, ready, now);
    };
  }

  private static String zeroOf(ClusterView view) {
    return "0/%d nodes are available: ".formatted(view.nodes().size());
  }

  private Plan place(ClusterView view, Observed<Pod> pod, PodClaims.Ready claims, Instant now) {
    var gang = PodGang.of(view, pod, claims);
    if (!gang.busy().isEmpty()) {
      return new Plan(List.of(), List.of(), new Plan.Settled(gang.busy()));
    }
    var search = new NodeSearch(view, rankings, new PodDemand(pod), claims, gang);
    var best = search.best();
    if (best == null) {
      return refuse(view, search, now);
    }
    if (view.isBusy(best.node().key())) {
      return Plan.waitFor(best.node().key());
    }
    var assignment = new Assignment(view, best, now);
    return best.volumes().toMake().isEmpty()
        ? assignment.give(pod, claims, gang)
        : assignment.askFor(pod, claims, gang);
  }

  private static Plan refuse(ClusterView view, NodeSearch search, Instant now) {
    var failure = search.failure();
    var pod = search.pod().pod();
    var why = summary(view, failure.reasons());
    var reliefs = EnumSet.noneOf(Relief.class);
    failure.rules().forEach(rule -> reliefs.addAll(rule.reliefs()));
    var bends = failure.rules().stream().anyMatch(Refusal.Rule::bendsWhenPodsLeave);
    var underWay = Preemption.isUnderWay(view, search);
    if (bends && !underWay) {
      var preemption = Preemption.find(view, search);
      if (preemption != null) {
        return preempt(view, pod, preemption, why, reliefs, now);
      }
    }
    var draft = new Draft().write(refused(pod, UNSCHEDULABLE, why, now, underWay));
    return draft.warning(pod, "FailedScheduling", why).relieved(reliefs);
  }

  private static String summary(ClusterView view, Map<String, Integer> reasons) {
    var parts =
        reasons.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .sorted()
            .toList();
    return zeroOf(view) + String.join(", ", parts) + ".";
  }

  /**
   * Asks others to go, and promises their room to the pod, which is placed when they are gone.
   * Those that are only expected are not any more.
   */
  private static Plan preempt(
      ClusterView view,
      Observed<Pod> pod,
      Preemption preemption,
      String why,
      Set<Relief> reliefs,
      Instant now) {
    var busy = view.busyAmong(preemption.victims().stream().map(Observed::key).toList());
    if (!busy.isEmpty()) {
      return new Plan(List.of(), List.of(), new Plan.Settled(Set.copyOf(busy)));
    }
    var node = preemption.node().key().name();
    var draft =
        new Draft()
            .write(
                refused(pod, UNSCHEDULABLE, why, now, true)
                    .set(node, "status", "nominatedNodeName"));
    for (var victim : preemption.victims()) {
      if (victim.view().nodeName().isEmpty()) {
        draft.write(Edit.of(victim).remove("status", "nominatedNodeName"));
        continue;
      }
      var step = Removal.request(victim, now);
      if (step != null) {
        draft.step(step);
        draft.normal(
            victim,
            "Preempted",
            "Preempted by pod %s/%s on node %s"
                .formatted(pod.key().namespace(), pod.key().name(), node));
      }
    }
    return draft.warning(pod, "FailedScheduling", why).relieved(reliefs);
  }

  /**
   * Whether the node where a volume of the pod is made keeps room for it. The node may not do so
   * yet, because another pod asked for the volume, or the pod waited for something else meanwhile.
   */
  private boolean mayComeTo(ClusterView view, Observed<Pod> pod, @Nullable String node) {
    if (node == null || pod.view().nominatedNode().equals(node)) {
      return node != null;
    }
    var state = view.nodes().get(node);
    var demand = new PodDemand(pod);
    if (state == null || state.node() == null || SoleUse.isTaken(view, demand)) {
      return false;
    }
    var claims = new PodClaims.Ready(List.of(), false, List.of());
    var gang = PodGang.of(view, pod, claims);
    return new NodeSearch(view, rankings, demand, claims, gang).on(state) != null;
  }

  /**
   * @param expectedOn the node that keeps room for the pod; null for none
   */
  private static Plan unschedulable(
      Observed<Pod> pod,
      String why,
      Set<Relief> reliefs,
      @Nullable String expectedOn,
      Instant now) {
    var edit = refused(pod, UNSCHEDULABLE, why, now, expectedOn != null);
    return new Draft()
        .write(expectedOn == null ? edit : edit.set(expectedOn, "status", "nominatedNodeName"))
        .warning(pod, "FailedScheduling", why)
        .relieved(reliefs);
  }

  /**
   * @param promised whether the pod keeps the node where room is kept for it
   */
  private static Edit refused(
      Observed<Pod> pod, String reason, String why, Instant now, boolean promised) {
    var edit = Edit.of(pod).condition(new Condition(SCHEDULED, "False", reason, why, null), now);
    return promised ? edit : edit.remove("status", "nominatedNodeName");
  }

  private static Plan gated(Observed<Pod> pod, Instant now) {
    return new Draft().write(refused(pod, GATED, GATES, now, false)).relieved(Set.of());
  }

  /**
   * What every node has against a pod that waits: the rules are those that decide.
   *
   * @return empty when the pod waits for something else than a node; see {@link PodClaims}
   */
  public List<Verdict> verdicts(ClusterView view, Observed<Pod> pod) {
    if (!(PodClaims.of(view, pod) instanceof PodClaims.Ready ready)) {
      return List.of();
    }
    var gang = PodGang.of(view, pod, ready);
    if (!gang.busy().isEmpty()) {
      return List.of();
    }
    var search = new NodeSearch(view, rankings, new PodDemand(pod), ready, gang);
    return view.nodes().all().stream()
        .map(
            state ->
                new Verdict(
                    state.name(),
                    search.allRefusals(state),
                    gang.allRefusals(state, Objects.requireNonNull(state.node()).view())))
        .sorted(Comparator.comparing(Verdict::node))
        .toList();
  }

  /** Why the pod waits for something else than a node; empty when it does not. */
  public Optional<String> blocked(ClusterView view, Observed<Pod> pod) {
    if (!pod.view().spec().schedulingGates().isEmpty()) {
      return Optional.of(GATES);
    }
    return PodClaims.of(view, pod) instanceof PodClaims.Blocked blocked
        ? Optional.of(blocked.why())
        : Optional.empty();
  }

  /**
   * What a node has against a pod.
   *
   * @param refusals of every rule, in the order in which they are asked; empty when it can take it
   * @param company what it has against those that have to be there, too, when all of them are
   */
  public record Verdict(String node, List<Refusal> refusals, List<Refusal> company) {
    public Verdict {
      refusals = List.copyOf(refusals);
      company = List.copyOf(company);
    }
  }

  /**
   * Those that are placed together.
   *
   * @param pods the one in question first
   * @param claims that get their volumes with the node
   */
  public record Company(List<Observed<Pod>> pods, List<Observed<PersistentVolumeClaim>> claims) {
    public Company {
      pods = List.copyOf(pods);
      claims = List.copyOf(claims);
    }
  }

  /** Who is placed together with a pod that waits for a node. */
  public static Company company(ClusterView view, Observed<Pod> pod) {
    var pods = new ArrayList<>(List.of(pod));
    if (!(PodClaims.of(view, pod) instanceof PodClaims.Ready ready)) {
      return new Company(pods, List.of());
    }
    var gang = PodGang.of(view, pod, ready);
    gang.others().forEach(member -> pods.add(member.demand().pod()));
    return new Company(pods, gang.open().stream().map(OpenClaim::claim).toList());
  }
}
