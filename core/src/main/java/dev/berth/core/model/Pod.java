package dev.berth.core.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Containers that run together on one node, with the volumes that they share. */
public record Pod(ObjectMeta metadata, Spec spec, Status status) implements ApiObject {

  public record Spec(
      @Nullable String nodeName,
      Map<String, String> nodeSelector,
      @Nullable Affinity affinity,
      List<Toleration> tolerations,
      @Nullable String schedulerName,
      List<Volume> volumes,
      List<Container> initContainers,
      List<Container> containers,
      @Nullable String restartPolicy,
      @Nullable Long terminationGracePeriodSeconds,
      @Nullable Long activeDeadlineSeconds,
      @Nullable SecurityContext securityContext,
      @Nullable Integer priority,
      @Nullable String preemptionPolicy,
      Map<String, Quantity> overhead,
      List<SchedulingGate> schedulingGates,
      List<SpreadConstraint> topologySpreadConstraints) {
    public Spec {
      overhead = overhead == null ? Map.of() : Map.copyOf(overhead);
      schedulingGates = Absent.list(schedulingGates);
      topologySpreadConstraints = Absent.list(topologySpreadConstraints);
      nodeSelector = Absent.map(nodeSelector);
      tolerations = Absent.list(tolerations);
      volumes = Absent.list(volumes);
      initContainers = Absent.list(initContainers);
      containers = Absent.list(containers);
    }
  }

  /** As long as there is one, the pod is not given a node. */
  public record SchedulingGate(String name) {}

  /**
   * How evenly the pods that the selector matches are spread over the places that nodes with the
   * same value of a label make up.
   *
   * @param maxSkew by how many pods a place may be ahead of the emptiest one
   * @param whenUnsatisfiable DoNotSchedule, or ScheduleAnyway for a wish
   * @param minDomains with fewer places than that, the emptiest one counts as empty
   * @param nodeAffinityPolicy Honor (when absent): only nodes that the pod selects count; or Ignore
   * @param nodeTaintsPolicy Honor: only nodes whose taints it tolerates count; Ignore when absent
   * @param matchLabelKeys labels whose values in the pod itself belong to the selector
   */
  public record SpreadConstraint(
      int maxSkew,
      String topologyKey,
      @Nullable String whenUnsatisfiable,
      @Nullable LabelSelector labelSelector,
      @Nullable Integer minDomains,
      @Nullable String nodeAffinityPolicy,
      @Nullable String nodeTaintsPolicy,
      List<String> matchLabelKeys) {
    public SpreadConstraint {
      topologyKey = Absent.text(topologyKey);
      matchLabelKeys = Absent.list(matchLabelKeys);
    }

    /** Whether a pod waits rather than break it. */
    public boolean isRequired() {
      return !"ScheduleAnyway".equals(whenUnsatisfiable);
    }
  }

  /**
   * @param operator Exists, or Equal when absent
   * @param effect all effects when absent
   */
  public record Toleration(
      @Nullable String key,
      @Nullable String operator,
      @Nullable String value,
      @Nullable String effect,
      @Nullable Long tolerationSeconds) {

    public boolean tolerates(Node.Taint taint) {
      if (!Absent.text(effect).isEmpty() && !taint.effect().equals(effect)) {
        return false;
      }
      if (!Absent.text(key).isEmpty() && !taint.key().equals(key)) {
        return false;
      }
      return switch (Absent.text(operator)) {
        case "Exists" -> true;
        case "", "Equal" -> Absent.text(value).equals(taint.value()) && key != null;
        default -> false;
      };
    }
  }

  public record SecurityContext(
      @Nullable Long fsGroup,
      @Nullable String fsGroupChangePolicy,
      @Nullable Long runAsUser,
      @Nullable Long runAsGroup,
      List<Long> supplementalGroups) {
    public SecurityContext {
      supplementalGroups = Absent.list(supplementalGroups);
    }
  }

  /** A volume by its name in the pod; exactly one source is set in a valid pod. */
  public record Volume(
      String name,
      @Nullable ClaimSource persistentVolumeClaim,
      PersistentVolume.@Nullable HostPath hostPath,
      @Nullable EmptyDir emptyDir,
      PersistentVolume.@Nullable Nfs nfs,
      @Nullable EphemeralSource ephemeral,
      FileSources.@Nullable OfConfigMap configMap,
      FileSources.@Nullable OfSecret secret,
      FileSources.@Nullable OfDownwardApi downwardAPI,
      FileSources.@Nullable OfProjection projected) {}

  /** A claim that is made for the pod and goes with it. */
  public record EphemeralSource(boolean readOnly) {}

  public record ClaimSource(String claimName, boolean readOnly) {}

  /**
   * @param medium empty for a disk directory, Memory for a tmpfs
   */
  public record EmptyDir(@Nullable String medium, @Nullable Quantity sizeLimit) {}

  public record Status(
      @Nullable String phase,
      List<Condition> conditions,
      @Nullable String reason,
      @Nullable String message,
      @Nullable Instant startTime,
      List<ContainerStatus> initContainerStatuses,
      List<ContainerStatus> containerStatuses,
      @Nullable String nominatedNodeName) {
    public Status {
      conditions = Absent.list(conditions);
      initContainerStatuses = Absent.list(initContainerStatuses);
      containerStatuses = Absent.list(containerStatuses);
    }
  }

  public record ContainerStatus(
      String name,
      boolean ready,
      @Nullable Boolean started,
      int restartCount,
      String image,
      String imageID,
      @Nullable String containerID,
      @Nullable ContainerState state,
      @Nullable ContainerState lastState) {
    public ContainerStatus {
      image = Absent.text(image);
      imageID = Absent.text(imageID);
    }
  }

  /** Exactly one of the three is set. */
  public record ContainerState(
      @Nullable Waiting waiting, @Nullable Running running, @Nullable Terminated terminated) {}

  public record Waiting(@Nullable String reason, @Nullable String message) {}

  public record Running(@Nullable Instant startedAt) {}

  public record Terminated(
      int exitCode,
      @Nullable Integer signal,
      @Nullable String reason,
      @Nullable String message,
      @Nullable Instant startedAt,
      @Nullable Instant finishedAt,
      @Nullable String containerID) {}

  public Pod {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec =
        spec == null
            ? new Spec(
                null, Map.of(), null, List.of(), null, List.of(), List.of(), List.of(), null, null,
                null, null, null, null, Map.of(), List.of(), List.of())
            : spec;
    status =
        status == null
            ? new Status(null, List.of(), null, null, null, List.of(), List.of(), null)
            : status;
  }

  /** The node that it was given to, empty while it waits for one. */
  public String nodeName() {
    return Absent.text(spec.nodeName());
  }

  public String phase() {
    return Absent.text(status.phase());
  }

  /** How much it matters: 0 when nobody said. */
  public int priority() {
    return spec.priority() == null ? 0 : spec.priority();
  }

  /**
   * The node where room is kept for it: others have to go there for its sake, or one of its volumes
   * is being made there. Empty for none.
   */
  public String nominatedNode() {
    return Absent.text(status.nominatedNodeName());
  }

  /**
   * Where it is, or is expected: the node that it was given, or else where room is kept for it. One
   * that is to go before it has a node comes nowhere.
   */
  public String destination() {
    return nodeName().isEmpty() && !metadata.deleting() ? nominatedNode() : nodeName();
  }

  /** Whether all its containers have ended for good. */
  public boolean finished() {
    return phase().equals("Succeeded") || phase().equals("Failed");
  }

  /** The claims that its volumes name, or that are made for them, in its own namespace. */
  public List<String> claimNames() {
    return spec.volumes().stream().map(this::claimName).filter(name -> !name.isEmpty()).toList();
  }

  /** The claim of a volume; empty for a volume without one. */
  public String claimName(Volume volume) {
    if (volume.ephemeral() != null) {
      return metadata.name() + "-" + volume.name();
    }
    var source = volume.persistentVolumeClaim();
    return source == null ? "" : source.claimName();
  }

  /** Whether a claim was made for this very pod. */
  public boolean owns(PersistentVolumeClaim claim) {
    return claim.metadata().ownerReferences().stream()
        .anyMatch(owner -> owner.controller() && owner.uid().equals(metadata.uid()));
  }
}
