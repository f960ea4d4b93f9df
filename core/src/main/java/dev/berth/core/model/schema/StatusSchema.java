package dev.berth.core.model.schema;

/** What is told about running pods. */
final class StatusSchema {

  static final String TEXT =
      """
      PodStatus = observedGeneration long, phase text, conditions []PodCondition(type),
        message text, reason text, nominatedNodeName text, hostIP text, hostIPs []HostIP,
        podIP text, podIPs []PodIP(ip), startTime time,
        initContainerStatuses []ContainerStatus, containerStatuses []ContainerStatus,
        qosClass text, ephemeralContainerStatuses []ContainerStatus, resize text,
        resourceClaimStatuses []object;
      PodCondition = type text, observedGeneration long, status text, lastProbeTime time,
        lastTransitionTime time, reason text, message text;
      HostIP = ip text;
      PodIP = ip text;
      ContainerStatus = name text, state ContainerState, lastState ContainerState, ready flag,
        restartCount int, image text, imageID text, containerID text, started flag,
        allocatedResources {}quantity, resources ResourceRequirements,
        volumeMounts []VolumeMountStatus(mountPath), user object,
        allocatedResourcesStatus []object;
      VolumeMountStatus = name text, mountPath text, readOnly flag, recursiveReadOnly text;
      ContainerState = waiting ContainerStateWaiting, running ContainerStateRunning,
        terminated ContainerStateTerminated;
      ContainerStateWaiting = reason text, message text;
      ContainerStateRunning = startedAt time;
      ContainerStateTerminated = exitCode int, signal int, reason text, message text,
        startedAt time, finishedAt time, containerID text;
      """;

  private StatusSchema() {}
}
