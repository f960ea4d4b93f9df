package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each decision that sends a pod somewhere, or has a volume made for it there: is there
 * room beside the pods that are there, and beside those whose volumes are being made there? Which
 * these are is told by what was asked for, not by what is written of them.
 */
final class RoomAudit {

  /** A pod for which a node was asked to make a volume. */
  private record Expected(String node, long since) {}

  private final WorldTruth truth;
  private final Map<ObjectKey, String> askedFor = new HashMap<>();
  private final Map<String, Expected> expected = new HashMap<>();
  private final Map<String, Long> deserted = new HashMap<>();
  private long newest;

  RoomAudit(WorldTruth truth) {
    this.truth = truth;
  }

  /**
   * A decision is on its way.
   *
   * @param seen the revision that the decider has seen
   * @param inFlight what it has written without knowing what became of it: it may hide a pod that
   *     came after one of the same name went
   */
  void sent(Transaction transaction, long seen, Set<ObjectKey> inFlight) {
    if (isDeposed(transaction)) {
      return;
    }
    var coming = new LinkedHashMap<ObjectKey, String>();
    for (var step : transaction.steps()) {
      if (step instanceof Transaction.Put(var key, var revision, var document)) {
        if (key.resource().equals("pods")) {
          var node = Json.view(document, Pod.class).nodeName();
          var there = truth.get(key);
          if (!node.isEmpty()
              && there != null
              && there.revision() <= seen
              && isWaiting(truth.view(key, Pod.class))) {
            coming.put(key, node);
          }
        } else if (key.resource().equals("persistentvolumeclaims")) {
          var node = sentTo(Json.view(document, PersistentVolumeClaim.class));
          var user = onlyUser(key, seen);
          if (node != null && user != null && !inFlight.contains(user.key()) && !isAsked(key)) {
            askedFor.put(key, user.view().metadata().uid());
            coming.put(user.key(), node);
          }
        }
      }
    }
    coming.values().stream().distinct().forEach(node -> check(node, coming, seen));
  }

  /** Whether its decider may know less than it has seen, which does no harm any more. */
  private boolean isDeposed(Transaction transaction) {
    var epoch = truth.get(Epoch.KEY);
    return epoch != null
        && transaction.steps().stream()
            .anyMatch(
                step ->
                    step instanceof Transaction.Check(var key, var expected)
                        && key.equals(Epoch.KEY)
                        && !expected.equals(Expectation.at(epoch.revision())));
  }

  /** Looks at one change, before the truth takes it in. */
  void onChange(@Nullable Observed<?> before, @Nullable Observed<?> after) {
    if (before != null && before.view() instanceof Pod pod && isWaiting(pod)) {
      // Whoever has seen no more than what was before may still decide for this pod.
      pod.claimNames().forEach(claim -> deserted.put(claim, newest));
    }
    newest = after == null ? newest : after.revision();
    if (after == null && before != null && before.view() instanceof Node node) {
      expected.values().removeIf(each -> each.node().equals(node.metadata().name()));
    }
    if (after != null && after.view() instanceof PersistentVolumeClaim claim) {
      var node = sentTo(claim);
      var pod = askedFor.get(after.key());
      if (claim.metadata().deleting()) {
        pods(each -> each.view().claimNames().contains(claim.metadata().name()))
            .forEach(user -> expected.remove(user.metadata().uid()));
      } else if (node != null && pod != null && !isAsked(after.key())) {
        expected.put(pod, new Expected(node, after.revision()));
      }
    }
  }

  private boolean isAsked(ObjectKey claim) {
    var there = truth.view(claim, PersistentVolumeClaim.class);
    return there != null && sentTo(there) != null;
  }

  /** The node that has to make its volume; null when none has. */
  private @Nullable String sentTo(PersistentVolumeClaim claim) {
    var type =
        claim.className().isEmpty()
            ? null
            : truth.view(Keys.storageClass(claim.className()), StorageClass.class);
    return type == null
            || type.provisioner().equals(StorageClass.NO_PROVISIONER)
            || !claim.volumeName().isEmpty()
        ? null
        : claim.metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
  }

  private static boolean isWaiting(@Nullable Pod pod) {
    return pod != null && pod.nodeName().isEmpty() && !pod.finished() && !pod.metadata().deleting();
  }

  /** The pod that waits for the claim, if it is known and nobody else does. */
  private @Nullable Observed<Pod> onlyUser(ObjectKey claim, long seen) {
    var users =
        truth.pods().stream()
            .filter(pod -> isWaiting(pod.view()) && pod.view().claimNames().contains(claim.name()))
            .toList();
    return users.size() == 1
            && users.getFirst().revision() <= seen
            && deserted.getOrDefault(claim.name(), 0L) < seen
        ? users.getFirst()
        : null;
  }

  private void check(String host, Map<ObjectKey, String> coming, long seen) {
    var node = truth.view(Keys.node(host), Node.class);
    var here =
        coming.keySet().stream()
            .filter(key -> host.equals(coming.get(key)))
            .map(key -> truth.view(key, Pod.class))
            .filter(Objects::nonNull)
            .toList();
    if (node == null || here.isEmpty()) {
      return;
    }
    var priority = here.stream().mapToInt(Pod::priority).min().orElseThrow();
    var others =
        pods(
            pod ->
                pod.revision() <= seen
                    && !coming.containsKey(pod.key())
                    && pod.view().priority() >= priority
                    && isExpected(pod, host, seen));
    var there =
        pods(
            pod ->
                pod.revision() <= seen
                    && pod.view().nodeName().equals(host)
                    && !pod.view().finished());
    if (sum(here).plus(sum(others)).plus(sum(there)).compareTo(BruteForce.cpu(node)) > 0) {
      throw new AssertionError(
          "%s are sent to %s, where there is no room beside %s, whose volumes are being made there"
              .formatted(names(here), host, names(others)));
    }
    for (var pod : here) {
      for (var other : others) {
        if (BruteForce.areForeign(pod, other, node)) {
          throw new AssertionError(
              "%s is sent to %s, where it must not be beside %s, whose volume is being made there"
                  .formatted(pod.metadata().name(), host, other.metadata().name()));
        }
      }
    }
  }

  /** Whether it still waits for what was asked of the node, and for nothing else. */
  private boolean isExpected(Observed<Pod> pod, String host, long seen) {
    var its = expected.get(pod.view().metadata().uid());
    return its != null
        && its.node().equals(host)
        && its.since() <= seen
        && isWaiting(pod.view())
        && GangTruth.of(truth, pod.view()) != null
        && pod.view().claimNames().stream()
            .map(name -> truth.get(Keys.claim("default", name)))
            .allMatch(
                claim ->
                    claim != null
                        && claim.revision() <= seen
                        && claim.view() instanceof PersistentVolumeClaim view
                        && host.equals(sentTo(view)));
  }

  private List<Pod> pods(Predicate<Observed<Pod>> condition) {
    return truth.pods().stream().filter(condition).map(Observed::view).toList();
  }

  private static Quantity sum(List<Pod> pods) {
    return pods.stream().map(BruteForce::cpu).reduce(Quantity.ZERO, Quantity::plus);
  }

  private static List<String> names(List<Pod> pods) {
    return pods.stream().map(pod -> pod.metadata().name()).toList();
  }
}
