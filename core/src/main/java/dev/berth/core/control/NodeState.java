package dev.berth.core.control;

import dev.berth.core.model.Container;
import dev.berth.core.model.Node;
import dev.berth.core.model.Node.Taint;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A node as the scheduler sees it: what it has, what is taken, by pods that run there and by
 * decisions in flight. There is one for every name that a Node or a pod bears, so that pods whose
 * node has gone are known too.
 */
public final class NodeState {

  public static final String NOT_READY = "node.kubernetes.io/not-ready";
  public static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private record Use(Observed<Pod> pod, ResourceAmounts needed, ResourceAmounts assumed) {}

  private final String name;
  private final Map<ObjectKey, Use> pods = new LinkedHashMap<>();
  private final Map<ObjectKey, Use> nominated = new LinkedHashMap<>(2);
  private final Map<String, Long> othersUsed = new HashMap<>();
  private @Nullable Observed<Node> node;
  private List<Taint> taints = List.of();
  private ResourceAmounts allocatable = ResourceAmounts.NONE;
  private long podLimit = Long.MAX_VALUE;
  private long cpuUsed;
  private long memoryUsed;
  private long cpuAssumed;
  private long memoryAssumed;
  private @Nullable Instant heartbeat;
  private @Nullable Instant goneSince;
  long changed;

  NodeState(String name, Instant now) {
    this.name = name;
    this.goneSince = now;
  }

  public String name() {
    return name;
  }

  /** The Node object; null when there are only pods that name it. */
  public @Nullable Observed<Node> node() {
    return node;
  }

  /** When its Lease was last seen to change; null when it never had one. */
  public @Nullable Instant heartbeat() {
    return heartbeat;
  }

  /** Since when it is known that there is no Node object; null while there is one. */
  public @Nullable Instant goneSince() {
    return goneSince;
  }

  /** The taints that its spec names, and those that its condition Ready stands for. */
  public List<Taint> taints() {
    return taints;
  }

  /** What pods may use. A limit that the node does not tell is no limit. */
  public ResourceAmounts allocatable() {
    return allocatable;
  }

  public long podLimit() {
    return podLimit;
  }

  public long cpuMillisUsed() {
    return cpuUsed;
  }

  public long memoryBytesUsed() {
    return memoryUsed;
  }

  /**
   * As {@link #cpuMillisUsed}, where pods that ask for nothing count as if they asked for some, and
   * pods that room is kept for count, too.
   */
  public long cpuMillisAssumed() {
    return cpuAssumed;
  }

  public long memoryBytesAssumed() {
    return memoryAssumed;
  }

  /** How much of another resource is taken. */
  public long used(String resource) {
    return othersUsed.getOrDefault(resource, 0L);
  }

  /** The unfinished pods that it was given. */
  public Set<ObjectKey> pods() {
    return pods.keySet();
  }

  /** The unfinished pods that it was given, in the order in which they came. */
  public List<Observed<Pod>> residents() {
    return pods.values().stream().map(Use::pod).toList();
  }

  /** Whether any of its pods, or of those that room is kept for, matters less than that. */
  public boolean hasPodBelow(int priority) {
    return hasBelow(pods, priority) || hasBelow(nominated, priority);
  }

  private static boolean hasBelow(Map<ObjectKey, Use> uses, int priority) {
    for (var use : uses.values()) {
      if (!isAtLeast(use, priority)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a container of its pods satisfies the condition for a port of the node.
   *
   * @param priority that pods matter at least which room is kept for; others do not count
   */
  public boolean anyHostPort(int priority, Predicate<Container.Port> condition) {
    return pods.values().stream().anyMatch(use -> hasPort(use, condition))
        || nominated.values().stream()
            .anyMatch(use -> isAtLeast(use, priority) && hasPort(use, condition));
  }

  private static boolean hasPort(Use use, Predicate<Container.Port> condition) {
    return HostPorts.of(use.pod().view()).stream().anyMatch(condition);
  }

  private static boolean isAtLeast(Use use, int priority) {
    return use.pod().view().priority() >= priority;
  }

  /** What is kept for pods that matter at least so much. */
  public ResourceAmounts promised(int priority) {
    var sum = ResourceAmounts.NONE;
    for (var use : nominated.values()) {
      sum = isAtLeast(use, priority) ? sum.plus(use.needed()) : sum;
    }
    return sum;
  }

  /** For how many pods that matter at least so much room is kept. */
  public int podsPromised(int priority) {
    var count = 0;
    for (var use : nominated.values()) {
      count += isAtLeast(use, priority) ? 1 : 0;
    }
    return count;
  }

  /** The pods that matter at least so much and have no node yet, but room that is kept here. */
  public List<Observed<Pod>> expected(int priority) {
    return nominated.values().stream()
        .filter(use -> isAtLeast(use, priority))
        .map(Use::pod)
        .toList();
  }

  /** How many pods there are, and room is kept for. */
  public int podsAssumed() {
    return pods.size() + nominated.size();
  }

  /** Whether room is kept here for any pod. */
  public boolean isPromised() {
    return !nominated.isEmpty();
  }

  /** Whether room is kept here for this pod. */
  public boolean isPromisedTo(ObjectKey pod) {
    return nominated.containsKey(pod);
  }

  /** The same node without some of its pods, and without the claim of another to its room. */
  public NodeState without(Set<ObjectKey> gone) {
    var copy = new NodeState(name, Instant.EPOCH);
    copy.node = node;
    copy.taints = taints;
    copy.allocatable = allocatable;
    copy.podLimit = podLimit;
    for (var use : pods.entrySet()) {
      if (!gone.contains(use.getKey())) {
        copy.addPod(use.getValue());
      }
    }
    for (var use : nominated.entrySet()) {
      if (!gone.contains(use.getKey())) {
        copy.promise(use.getValue());
      }
    }
    return copy;
  }

  /** The same node with another pod, which was promised room there at most. */
  public NodeState with(Observed<Pod> pod) {
    var copy = without(Set.of(pod.key()));
    copy.addPod(pod);
    return copy;
  }

  void replaceNode(@Nullable Observed<Node> node, Instant now) {
    if (node == null) {
      goneSince = now;
      this.node = null;
      return;
    }
    this.node = node;
    goneSince = null;
    var status = node.view().status();
    var amounts = new HashMap<>(status.capacity());
    amounts.putAll(status.allocatable());
    allocatable = unlimited(ResourceAmounts.of(amounts), amounts.keySet());
    podLimit =
        amounts.containsKey(ResourceAmounts.PODS)
            ? amounts.get(ResourceAmounts.PODS).ceiling()
            : Long.MAX_VALUE;
    taints = effectiveTaints(node.view());
  }

  private static ResourceAmounts unlimited(ResourceAmounts amounts, Set<String> named) {
    return new ResourceAmounts(
        named.contains(ResourceAmounts.CPU) ? amounts.cpuMillis() : Long.MAX_VALUE,
        named.contains(ResourceAmounts.MEMORY) ? amounts.memoryBytes() : Long.MAX_VALUE,
        amounts.others());
  }

  private static List<Taint> effectiveTaints(Node node) {
    var taints = new ArrayList<>(node.spec().taints());
    for (var condition : node.status().conditions()) {
      if (condition.type().equals("Ready") && !condition.isTrue()) {
        var key = condition.status().equals("False") ? NOT_READY : UNREACHABLE;
        if (taints.stream().noneMatch(taint -> taint.key().equals(key))) {
          taints.add(new Taint(key, "", "NoSchedule"));
        }
      }
    }
    return List.copyOf(taints);
  }

  void beat(@Nullable Instant now) {
    heartbeat = now;
  }

  void addPod(Observed<Pod> pod) {
    addPod(new Use(pod, ResourceAmounts.of(pod.view()), ResourceAmounts.assumedOf(pod.view())));
  }

  private void addPod(Use use) {
    removePod(use.pod().key());
    pods.put(use.pod().key(), use);
    account(use.needed(), use.assumed(), 1);
  }

  /** Another version of a pod that asks for the same. */
  void renewPod(Observed<Pod> pod) {
    for (var uses : List.of(pods, nominated)) {
      uses.computeIfPresent(pod.key(), (key, use) -> new Use(pod, use.needed(), use.assumed()));
    }
  }

  void removePod(ObjectKey pod) {
    var use = pods.remove(pod);
    if (use != null) {
      account(use.needed(), use.assumed(), -1);
    }
  }

  void promise(Observed<Pod> pod) {
    promise(new Use(pod, ResourceAmounts.of(pod.view()), ResourceAmounts.assumedOf(pod.view())));
  }

  private void promise(Use use) {
    takeBackPromise(use.pod().key());
    nominated.put(use.pod().key(), use);
    account(ResourceAmounts.NONE, use.assumed(), 1);
  }

  void takeBackPromise(ObjectKey pod) {
    var use = nominated.remove(pod);
    if (use != null) {
      account(ResourceAmounts.NONE, use.assumed(), -1);
    }
  }

  private void account(ResourceAmounts needed, ResourceAmounts assumed, int sign) {
    cpuUsed += sign * needed.cpuMillis();
    memoryUsed += sign * needed.memoryBytes();
    cpuAssumed += sign * assumed.cpuMillis();
    memoryAssumed += sign * assumed.memoryBytes();
    needed.others().forEach((name, amount) -> othersUsed.merge(name, sign * amount, Long::sum));
  }

  boolean isForgettable() {
    return node == null && pods.isEmpty() && nominated.isEmpty() && heartbeat == null;
  }
}
