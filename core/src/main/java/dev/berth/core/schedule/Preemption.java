package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whom to send away so that a pod that matters more can run: on one node, where its volumes can be
 * had, as few and as unimportant ones as possible.
 *
 * @param victims those that matter less; some may be on their way out already, or only be expected
 */
record Preemption(Observed<Node> node, List<Observed<Pod>> victims) {

  /** So many nodes are compared; further ones would hardly be better. */
  private static final int MOST_COMPARED = 100;

  /** With the pod itself, as many as a transaction holds. */
  private static final int MOST_VICTIMS = Transaction.MAX_WRITES - 1;

  private static final Comparator<Observed<Pod>> IMPORTANT_AND_OLD_FIRST =
      Comparator.<Observed<Pod>>comparingInt(pod -> pod.view().priority())
          .reversed()
          .thenComparing(Preemption::since)
          .thenComparing(Observed::key);

  private static final Comparator<Preemption> LEAST_HARM_FIRST =
      Comparator.comparingInt(Preemption::highestPriority)
          .thenComparingLong(Preemption::sumOfPriorities)
          .thenComparingInt(preemption -> preemption.victims().size())
          .thenComparing(Preemption::youngest, Comparator.reverseOrder())
          .thenComparing(preemption -> preemption.node().key());

  /**
   * Null when nobody who matters less stands in the way anywhere, or the pod wants no such help.
   */
  static @Nullable Preemption find(ClusterView view, NodeSearch search) {
    var pod = search.pod().pod().view();
    if ("Never".equals(pod.spec().preemptionPolicy())) {
      return null;
    }
    Preemption best = null;
    var compared = 0;
    for (var state : view.nodes().all()) {
      if (compared == MOST_COMPARED) {
        break;
      }
      var found = on(state, search);
      if (found != null) {
        compared++;
        best = best == null || LEAST_HARM_FIRST.compare(found, best) < 0 ? found : best;
      }
    }
    return best;
  }

  /**
   * Whether the pod can go to the node that it was promised as soon as those that leave it have.
   */
  static boolean isUnderWay(ClusterView view, NodeSearch search) {
    var pod = search.pod().pod().view();
    var state = pod.nominatedNode().isEmpty() ? null : view.nodes().get(pod.nominatedNode());
    if (state == null || state.node() == null) {
      return false;
    }
    var leaving =
        state.residents().stream()
            .filter(other -> other.view().metadata().deleting())
            .filter(other -> other.view().priority() < pod.priority())
            .toList();
    // It may have been promised for another reason, or have got other troubles since.
    return !leaving.isEmpty() && search.isPossibleWithout(state, leaving);
  }

  private static @Nullable Preemption on(NodeState state, NodeSearch search) {
    var priority = search.pod().priority();
    if (!state.hasPodBelow(priority)
        || !search.refusals(state).stream()
            .allMatch(refusal -> refusal.rule().bendsWhenPodsLeave())) {
      return null;
    }
    var lesser = new ArrayList<>(state.residents());
    lesser.addAll(state.expected(Integer.MIN_VALUE));
    lesser.removeIf(
        other -> other.view().priority() >= priority || search.gang().contains(other.key()));
    if (!search.isPossibleWithout(state, lesser)) {
      return null;
    }
    lesser.sort(IMPORTANT_AND_OLD_FIRST);
    var gone = new ArrayList<>(lesser);
    for (var spared : lesser) {
      gone.remove(spared);
      if (!search.isPossibleWithout(state, gone)) {
        gone.add(spared);
      }
    }
    return gone.isEmpty() || gone.size() > MOST_VICTIMS
        ? null
        : new Preemption(Objects.requireNonNull(state.node()), gone);
  }

  private static Instant since(Observed<Pod> pod) {
    var start = pod.view().status().startTime();
    var created = pod.view().metadata().creationTimestamp();
    return start != null ? start : created != null ? created : Instant.EPOCH;
  }

  private int highestPriority() {
    return victims.stream().mapToInt(pod -> pod.view().priority()).max().orElse(0);
  }

  private long sumOfPriorities() {
    // Shifted, so that one more victim never makes the sum smaller.
    return victims.stream()
        .mapToLong(pod -> (long) pod.view().priority() - Integer.MIN_VALUE)
        .sum();
  }

  private Instant youngest() {
    return victims.stream().map(Preemption::since).max(Comparator.naturalOrder()).orElseThrow();
  }
}
