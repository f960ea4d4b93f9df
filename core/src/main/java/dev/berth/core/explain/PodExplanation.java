package dev.berth.core.explain;

import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.ResourceAmounts;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.schedule.PodScheduler;
import dev.berth.core.schedule.PodScheduler.Verdict;
import dev.berth.core.schedule.Refusal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why a pod has no node, or what it waits for on its node. */
final class PodExplanation {

  /** So many of the nodes that want least are asked what would help. */
  private static final int TREATED = 16;

  private static final Comparator<Verdict> LEAST_WANTING =
      Comparator.<Verdict>comparingInt(verdict -> verdict.refusals().size())
          .thenComparing(Verdict::node);

  private final ClusterView view;
  private final Observed<Pod> pod;
  private final int limit;
  private final VolumesOnNodes volumes;
  private final NodeCures cures;
  private final NodeReasons reasons;

  PodExplanation(ClusterView view, Observed<Pod> pod, int limit) {
    this.view = view;
    this.pod = pod;
    this.limit = limit;
    var company = PodScheduler.company(view, pod);
    this.volumes = new VolumesOnNodes(view, company.claims());
    this.cures = new NodeCures(view, company.pods(), volumes);
    this.reasons = new NodeReasons(view, company.pods(), volumes);
  }

  Explanation explain() {
    var it = pod.view();
    if (it.finished()) {
      return Explanation.settled(pod.key(), "it has ended: " + it.status().phase());
    }
    if (!it.nodeName().isEmpty()) {
      return onItsNode();
    }
    if (it.metadata().deleting()) {
      return Explanation.settled(pod.key(), "it is being deleted");
    }
    if (!PodScheduler.isOurs(it)) {
      return Explanation.waiting(
          pod.key(),
          "it is left to the scheduler %s, which is not this one"
              .formatted(it.spec().schedulerName()),
          List.of(),
          "start that scheduler, or create the pod again without spec.schedulerName");
    }
    if (!it.spec().schedulingGates().isEmpty()) {
      return gated();
    }
    if (view.nodes().all().stream().noneMatch(state -> state.node() != null)) {
      return Explanation.waiting(pod.key(), "there are no nodes", List.of(), "add a node");
    }
    var blocked = new PodScheduler().blocked(view, pod);
    return blocked.isPresent() ? blocked(blocked.get()) : unplaced();
  }

  private Explanation gated() {
    var gates =
        pod.view().spec().schedulingGates().stream()
            .map(Pod.SchedulingGate::name)
            .collect(Collectors.joining(", "));
    var patch = Json.object();
    patch.withObject("spec").putNull("schedulingGates");
    var change = new Remedy.Change(pod.key(), patch, "remove its spec.schedulingGates");
    return Explanation.waiting(
        pod.key(),
        "it has scheduling gates: " + gates,
        List.of(change),
        "whoever set the gates removes them when the pod may be placed");
  }

  /** Its node has it; what is missing there, its status says. */
  private Explanation onItsNode() {
    var status = pod.view().status();
    var node = pod.view().nodeName();
    var problems = new ArrayList<String>();
    if (status.message() != null && !status.message().isEmpty()) {
      problems.add(status.message());
    }
    for (var container : status.initContainerStatuses()) {
      addProblem(container, problems);
    }
    for (var container : status.containerStatuses()) {
      addProblem(container, problems);
    }
    // Conditions say of all containers what these say of each.
    for (var condition : problems.isEmpty() ? status.conditions() : List.<Condition>of()) {
      if (!condition.isTrue() && condition.message() != null && !condition.message().isEmpty()) {
        problems.add(condition.type() + ": " + condition.message());
      }
    }
    if (pod.view().metadata().deleting()) {
      var ends = "it is being deleted, and ends on node " + node;
      return problems.isEmpty()
          ? Explanation.settled(pod.key(), ends)
          : Explanation.waiting(
              pod.key(),
              ends + ": " + String.join("; ", problems),
              List.of(),
              "look at its events (kubectl describe pod) and at node " + node);
    }
    if (problems.isEmpty() && "Running".equals(status.phase())) {
      return Explanation.settled(pod.key(), "it runs on node " + node);
    }
    return Explanation.waiting(
        pod.key(),
        "it was given to node %s%s"
            .formatted(
                node,
                problems.isEmpty() ? ", which prepares it" : ": " + String.join("; ", problems)),
        List.of(),
        "look at its events (kubectl describe pod) and at node " + node);
  }

  private static void addProblem(Pod.ContainerStatus container, List<String> problems) {
    var waiting = container.state() == null ? null : container.state().waiting();
    if (waiting != null) {
      problems.add(
          "container %s: %s%s"
              .formatted(
                  container.name(),
                  Objects.requireNonNullElse(waiting.reason(), "waiting"),
                  waiting.message() == null || waiting.message().isEmpty()
                      ? ""
                      : ", " + waiting.message()));
    }
  }

  /** Something about its claims stands in the way on every node. */
  private Explanation blocked(String why) {
    var unbound = new ArrayList<Observed<PersistentVolumeClaim>>();
    for (var name : new LinkedHashSet<>(pod.view().claimNames())) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      if (claim == null) {
        return Explanation.waiting(
            pod.key(), why, List.of(), "create the claim %s".formatted(name));
      }
      if (!claim.view().fullyBound() && !waitsForPod(claim)) {
        unbound.add(claim);
      }
    }
    if (unbound.isEmpty()) {
      return Explanation.waiting(pod.key(), why, List.of(), "look at its claims: kubectl get pvc");
    }
    var first = new ClaimExplanation(view, unbound.getFirst(), limit).explain();
    var cure = cureOf(unbound);
    return new Explanation(
        pod.key(),
        true,
        "its claim %s has no volume: %s"
            .formatted(unbound.getFirst().key().name(), first.summary()),
        first.needed(),
        first.candidates(),
        first.left(),
        cure == null ? List.of() : cure.remedies(),
        cure == null || cure.remedies().isEmpty() ? first.advice() : cure.text());
  }

  private boolean waitsForPod(Observed<PersistentVolumeClaim> claim) {
    var group = VolumeGroup.of(view, claim);
    var type = view.storageClass(claim.view().className());
    return (type != null && type.view().delayed()) || (group != null && group.waitsForPod(view));
  }

  /**
   * What gives each of the claims a volume of its own, and each group all of its; null when that is
   * in nobody's hand.
   */
  private @Nullable Cure cureOf(List<Observed<PersistentVolumeClaim>> unbound) {
    var cure = Cure.NOTHING;
    var taken = new HashSet<String>();
    var groups = new HashSet<String>();
    for (var claim : unbound) {
      var grouped = claim.view().volumeGroup();
      if (!grouped.isEmpty() && !groups.add(grouped)) {
        continue;
      }
      var its = new ClaimExplanation(view, claim, limit).cure(taken);
      if (its != null) {
        its.remedies().forEach(remedy -> taken.add(remedy.key().name()));
      }
      cure = Cure.both(cure, its);
    }
    return cure;
  }

  private Explanation unplaced() {
    var verdicts =
        new PodScheduler()
            .verdicts(view, pod).stream()
                .filter(verdict -> state(verdict).node() != null)
                .sorted(LEAST_WANTING)
                .toList();
    if (verdicts.isEmpty()) {
      return Explanation.waiting(
          pod.key(), "something that it needs is being written just now", List.of(), "ask again");
    }
    var fitting = verdicts.getFirst().refusals().isEmpty();
    var poolless = fitting ? null : MissingPool.advice(view, volumes.claims());
    var cure = fitting || poolless != null ? null : cure(verdicts);
    return new Explanation(
        pod.key(),
        true,
        fitting
            ? "it is being given to a node: %s could take it".formatted(verdicts.getFirst().node())
            : "none of %d nodes can take it: %s".formatted(verdicts.size(), tally(verdicts)),
        needed(),
        verdicts.stream().limit(limit).map(reasons::candidate).toList(),
        Math.max(0, verdicts.size() - limit),
        cure == null ? List.of() : cure.remedies(),
        fitting ? "" : poolless != null ? poolless : cure == null ? hope(verdicts) : cure.text());
  }

  /** What may help where no change of what is there would. */
  private String hope(List<Verdict> verdicts) {
    var elsewhere =
        verdicts.stream()
            .allMatch(
                verdict ->
                    verdict.refusals().stream()
                        .anyMatch(refusal -> refusal.rule() == Refusal.Rule.VOLUME_PLACE));
    if (!elsewhere) {
      return "add a node, or ask for less";
    }
    var places = new TreeSet<String>();
    for (var name : pod.view().claimNames()) {
      var claim = view.claim(Keys.claim(pod.key().namespace(), name));
      var volume = claim == null ? null : view.volume(claim.view().volumeName());
      if (volume != null) {
        var hosts = VolumePool.hosts(volume.view());
        places.add(
            "%s (%s)"
                .formatted(
                    volume.key().name(),
                    hosts == null
                        ? "see its node affinity"
                        : String.join(", ", new TreeSet<>(hosts))));
      }
    }
    return "bring a node that has its volumes, or use other claims; the volumes are on: "
        + String.join("; ", places);
  }

  private static String tally(List<Verdict> verdicts) {
    var counts = new HashMap<Refusal, Integer>();
    for (var verdict : verdicts) {
      for (var refusal : new HashSet<>(verdict.refusals())) {
        counts.merge(refusal, 1, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey().message())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private @Nullable Cure cure(List<Verdict> verdicts) {
    Cure best = null;
    for (var verdict : verdicts.subList(0, Math.min(TREATED, verdicts.size()))) {
      var state = state(verdict);
      var node = Objects.requireNonNull(state.node()).view();
      var all = new ArrayList<>(verdict.refusals());
      all.addAll(verdict.company());
      best = Cure.lesser(best, cures.of(state, node, all));
    }
    return best == null || best.remedies().isEmpty() ? null : best;
  }

  private NodeState state(Verdict verdict) {
    return Objects.requireNonNull(view.nodes().get(verdict.node()));
  }

  private List<String> needed() {
    var needed = new ArrayList<String>();
    var amounts = ResourceAmounts.of(pod.view());
    if (amounts.cpuMillis() > 0) {
      needed.add("cpu " + Quantity.ofMillis(amounts.cpuMillis()));
    }
    if (amounts.memoryBytes() > 0) {
      needed.add("memory " + Quantity.ofBytes(amounts.memoryBytes()));
    }
    amounts.others().forEach((name, amount) -> needed.add(name + " " + amount));
    for (var claim : volumes.claims()) {
      needed.add(
          "a volume of %s, class \"%s\", for claim %s"
              .formatted(claim.view().request(), claim.view().className(), claim.key().name()));
    }
    return needed;
  }
}
