package dev.berth.core.control;

import dev.berth.core.model.Node;
import dev.berth.core.model.Node.Taint;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node as the scheduler sees it: what it has, what is taken, by pods that run there and by
 * decisions in flight. There is one for every name that a Node or a pod bears, so that pods whose
 * node has gone are known too.
 */
public final class NodeState {

  public static final String NOT_READY = "node.kubernetes.io/not-ready";
  public static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private record Use(ResourceAmounts needed, ResourceAmounts assumed) {}

  private final String name;
  private final Map<ObjectKey, Use> pods = new LinkedHashMap<>();
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

  /** As {@link #cpuMillisUsed}, where pods that ask for nothing count as if they asked for some. */
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

  void addPod(ObjectKey pod, ResourceAmounts needed, ResourceAmounts assumed) {
    removePod(pod);
    pods.put(pod, new Use(needed, assumed));
    account(needed, assumed, 1);
  }

  void removePod(ObjectKey pod) {
    var use = pods.remove(pod);
    if (use != null) {
      account(use.needed(), use.assumed(), -1);
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
    return node == null && pods.isEmpty() && heartbeat == null;
  }
}
