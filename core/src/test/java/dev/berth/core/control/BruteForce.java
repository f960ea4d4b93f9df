package dev.berth.core.control;

import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.ProvisionProtocol;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers by trying everything what the decisions answer by indexes: to compare them. */
final class BruteForce {
  private final WorldTruth truth;

  BruteForce(WorldTruth truth) {
    this.truth = truth;
  }

  /** The better volume first: fewest access modes, then the smallest. */
  static final Comparator<PersistentVolume> BETTER =
      Comparator.<PersistentVolume>comparingInt(volume -> volume.spec().accessModes().size())
          .thenComparing(PersistentVolume::storage);

  /** Nobody matters so little. */
  private static final int LEAST_PRIORITY = Integer.MIN_VALUE + 1;

  static boolean isFree(PersistentVolume volume) {
    var wipe = volume.metadata().annotations().getOrDefault("berth.dev/wipe", "");
    return volume.phase().equals("Available")
        && volume.spec().claimRef() == null
        && volume.metadata().deletionTimestamp() == null
        && !wipe.startsWith("requested")
        && ProvisionProtocol.isThere(volume);
  }

  static boolean fits(PersistentVolume volume, PersistentVolumeClaim claim) {
    return volume.className().equals(claim.className())
        && volume.block() == claim.block()
        && volume.spec().accessModes().containsAll(claim.spec().accessModes())
        && volume.storage().compareTo(claim.request()) >= 0
        && (claim.spec().selector() == null
            || claim.spec().selector().matches(volume.metadata().labels()));
  }

  /** A free volume for a claim that waits, by name; null when there is none. */
  @Nullable String volumeFor(PersistentVolumeClaim claim) {
    for (var volume : truth.volumes()) {
      if (isFree(volume.view()) && fits(volume.view(), claim)) {
        return volume.key().name();
      }
    }
    return null;
  }

  /** A node that has, or could make, volumes for all of a group; null when there is none. */
  @Nullable String nodeFor(GroupTruth group) {
    for (var node : truth.nodes()) {
      if (node.view().ready()
          && !node.view().spec().unschedulable()
          && areReachable(group.places(), node.view())
          && canServe(node.view(), group.open(), new HashSet<>(), 0)) {
        return node.key().name();
      }
    }
    return null;
  }

  private static boolean areReachable(List<PersistentVolume> volumes, Node node) {
    return volumes.stream()
        .allMatch(volume -> volume.reachableFrom(node.metadata().name(), node.metadata().labels()));
  }

  /**
   * A node that a pod that waits could have, with all that it needs and all that have to be there
   * with it; null when there is none.
   */
  @Nullable String nodeFor(Pod pod) {
    var gang = GangTruth.of(truth, pod);
    if (gang == null) {
      return null;
    }
    for (var node : truth.nodes()) {
      if (areReachable(gang.bound(), node.view())
          && (gang.pods().size() == 1
              ? isPossible(pod, node.view())
              : arePossible(gang.pods(), node.view()))
          && canServe(node.view(), gang.open(), new HashSet<>(), 0)) {
        return node.key().name();
      }
    }
    return null;
  }

  private boolean isPossible(Pod pod, Node node) {
    return admits(node, pod) && hasRoom(node, pod) && isWelcome(node, pod, pod.priority());
  }

  /** Whether all can be there, without sending anybody away. */
  private boolean arePossible(List<Pod> pods, Node node) {
    var used = cpuUsed(node.metadata().name());
    for (var pod : pods) {
      used = used.plus(cpu(pod));
      if (!admits(node, pod)
          || !isWelcome(node, pod, LEAST_PRIORITY)
          || pods.stream().anyMatch(other -> areForeign(pod, other, node))) {
        return false;
      }
    }
    return used.compareTo(cpu(node)) <= 0;
  }

  /** Whether both cannot be on the node. */
  static boolean areForeign(Pod one, Pod other, Node node) {
    return !one.metadata().name().equals(other.metadata().name())
        && (shareAPort(one, other) || areApart(one, other, node, node));
  }

  private static boolean shareAPort(Pod one, Pod other) {
    return one.spec().containers().getFirst().ports().stream()
        .anyMatch(other.spec().containers().getFirst().ports()::contains);
  }

  /** Whether the node may have the pod, apart from its size. */
  static boolean admits(Node node, Pod pod) {
    if (node.spec().unschedulable() || !node.ready()) {
      return false;
    }
    for (var taint : node.spec().taints()) {
      if (pod.spec().tolerations().stream().noneMatch(each -> each.tolerates(taint))) {
        return false;
      }
    }
    return pod.spec().nodeSelector().entrySet().stream()
        .allMatch(
            wanted -> wanted.getValue().equals(node.metadata().labels().get(wanted.getKey())));
  }

  /** Whether there is room beside the pods that matter as much: others have to go. */
  private boolean hasRoom(Node node, Pod pod) {
    var used = cpuUsed(node.metadata().name(), pod.priority());
    return used.plus(cpu(pod)).compareTo(cpu(node)) <= 0;
  }

  /**
   * Whether no pod keeps it away from the node, by a port, or because one of them wants to be apart
   * from the other.
   *
   * @param priority below which pods do not count, because they can be sent away from the node
   */
  boolean isWelcome(Node node, Pod pod, int priority) {
    for (var other : truth.pods()) {
      var name = other.view().nodeName();
      var host = name.isEmpty() ? null : truth.view(Keys.node(name), Node.class);
      if (host == null || other.view().finished()) {
        continue;
      }
      if (priority == Integer.MIN_VALUE && isOlder(other.view(), host)) {
        // Placed on an earlier node of this name: nobody counted it while there was no node, and a
        // decision of then may come late.
        continue;
      }
      var here = host.metadata().name().equals(node.metadata().name());
      if (here && other.view().priority() < priority) {
        continue;
      }
      if (here && shareAPort(pod, other.view())) {
        return false;
      }
      if (areApart(pod, other.view(), node, host) || areApart(other.view(), pod, node, host)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOlder(Pod pod, Node node) {
    var made = node.metadata().creationTimestamp();
    var born = pod.metadata().creationTimestamp();
    return made != null && born != null && born.isBefore(made);
  }

  /** Whether one wants to be apart from the other, and the nodes are the same place to it. */
  private static boolean areApart(Pod one, Pod other, Node node, Node host) {
    var affinity = one.spec().affinity();
    if (affinity == null || affinity.podAntiAffinity() == null) {
      return false;
    }
    for (var term : affinity.podAntiAffinity().requiredDuringSchedulingIgnoredDuringExecution()) {
      var place = node.metadata().labels().get(term.topologyKey());
      if (place != null
          && place.equals(host.metadata().labels().get(term.topologyKey()))
          && term.labelSelector() != null
          && term.labelSelector().matches(other.metadata().labels())) {
        return true;
      }
    }
    return false;
  }

  Quantity cpuUsed(String node) {
    return cpuUsed(node, Integer.MIN_VALUE);
  }

  private Quantity cpuUsed(String node, int priority) {
    var used = Quantity.ZERO;
    for (var pod : truth.pods()) {
      if (pod.view().nodeName().equals(node)
          && !pod.view().finished()
          && pod.view().priority() >= priority) {
        used = used.plus(cpu(pod.view()));
      }
    }
    return used;
  }

  static Quantity cpu(Node node) {
    return node.status().allocatable().getOrDefault("cpu", Quantity.ZERO);
  }

  static Quantity cpu(Pod pod) {
    return pod.spec()
        .containers()
        .getFirst()
        .resources()
        .requests()
        .getOrDefault("cpu", Quantity.ZERO);
  }

  /** A node that could make a volume for a claim that waits; null when there is none. */
  @Nullable String makerFor(PersistentVolumeClaim claim) {
    for (var node : truth.nodes()) {
      if (node.view().ready()
          && !node.view().spec().unschedulable()
          && canServe(node.view(), List.of(claim), new HashSet<>(), 0)) {
        return node.key().name();
      }
    }
    return null;
  }

  /** Whether somebody makes the volumes of the class, wherever he is sent. */
  private boolean isForeign(PersistentVolumeClaim claim) {
    var name = claim.className();
    var type = name.isEmpty() ? null : truth.view(Keys.storageClass(name), StorageClass.class);
    return type != null
        && type.provisioner().equals(SimulatedProvisioner.NAME)
        && claim.volumeGroup().isEmpty();
  }

  /** Whether the class of the claim lets the node make its volume, with room for it. */
  private boolean canMake(Node node, PersistentVolumeClaim claim, long others) {
    var name = claim.className();
    var type = name.isEmpty() ? null : truth.view(Keys.storageClass(name), StorageClass.class);
    if (type == null || !type.provisioner().equals("loop.berth.dev")) {
      return false;
    }
    var allowed =
        type.allowedTopologies().isEmpty()
            || type.allowedTopologies().stream()
                .anyMatch(
                    term ->
                        term.matchLabelExpressions().stream()
                            .allMatch(
                                each ->
                                    each.values()
                                        .contains(
                                            String.valueOf(
                                                node.metadata().labels().get(each.key())))));
    return allowed
        && truth.pools().free(node.metadata().name()) - others >= claim.request().ceiling();
  }

  /**
   * Tries all ways of giving the claims volumes of the node.
   *
   * @param made how much of its pool others need
   */
  private boolean canServe(
      Node node, List<PersistentVolumeClaim> claims, Set<String> taken, long made) {
    if (claims.isEmpty()) {
      return true;
    }
    var claim = claims.getFirst();
    var rest = claims.subList(1, claims.size());
    for (var volume : truth.volumes()) {
      var name = volume.key().name();
      if (isFree(volume.view())
          && fits(volume.view(), claim)
          && volume.view().reachableFrom(node.metadata().name(), node.metadata().labels())
          && taken.add(name)) {
        if (canServe(node, rest, taken, made)) {
          return true;
        }
        taken.remove(name);
      }
    }
    if (isForeign(claim)) {
      return canServe(node, rest, taken, made);
    }
    return canMake(node, claim, made)
        && canServe(node, rest, taken, made + claim.request().ceiling());
  }
}
