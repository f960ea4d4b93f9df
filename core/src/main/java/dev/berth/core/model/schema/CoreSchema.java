package dev.berth.core.model.schema;

/** Metadata, and what a cluster consists of. */
final class CoreSchema {

  static final String TEXT =
      """
      ObjectMeta = name text, generateName text, namespace text, selfLink text, uid text,
        resourceVersion text, generation long, creationTimestamp time, deletionTimestamp time,
        deletionGracePeriodSeconds long, labels {}text, annotations {}text,
        ownerReferences []OwnerReference(uid), finalizers []text(set), managedFields []object;
      OwnerReference = apiVersion text, kind text, name text, uid text, controller flag,
        blockOwnerDeletion flag;
      ObjectReference = kind text, namespace text, name text, uid text, apiVersion text,
        resourceVersion text, fieldPath text;
      LocalObjectReference = name text;
      TypedLocalObjectReference = apiGroup text, kind text, name text;
      TypedObjectReference = apiGroup text, kind text, name text, namespace text;
      SecretReference = name text, namespace text;
      LabelSelector = matchLabels {}text, matchExpressions []LabelSelectorRequirement;
      LabelSelectorRequirement = key text, operator text, values []text;
      Condition = type text, status text, observedGeneration long, lastTransitionTime time,
        reason text, message text;

      Namespace = apiVersion text, kind text, metadata ObjectMeta, spec NamespaceSpec,
        status NamespaceStatus;
      NamespaceSpec = finalizers []text;
      NamespaceStatus = phase text, conditions []NamespaceCondition(type);
      NamespaceCondition = type text, status text, lastTransitionTime time, reason text,
        message text;

      Node = apiVersion text, kind text, metadata ObjectMeta, spec NodeSpec, status NodeStatus;
      NodeSpec = podCIDR text, podCIDRs []text(set), providerID text, unschedulable flag,
        taints []Taint, configSource object, externalID text;
      Taint = key text, value text, effect text, timeAdded time;
      NodeStatus = capacity {}quantity, allocatable {}quantity, phase text,
        conditions []NodeCondition(type), addresses []NodeAddress(type),
        daemonEndpoints NodeDaemonEndpoints, nodeInfo NodeSystemInfo, images []ContainerImage,
        volumesInUse []text, volumesAttached []AttachedVolume, config object,
        runtimeHandlers []object, features object;
      NodeCondition = type text, status text, lastHeartbeatTime time, lastTransitionTime time,
        reason text, message text;
      NodeAddress = type text, address text;
      NodeDaemonEndpoints = kubeletEndpoint DaemonEndpoint;
      DaemonEndpoint = Port int;
      NodeSystemInfo = machineID text, systemUUID text, bootID text, kernelVersion text,
        osImage text, containerRuntimeVersion text, kubeletVersion text, kubeProxyVersion text,
        operatingSystem text, architecture text, swap object;
      ContainerImage = names []text, sizeBytes long;
      AttachedVolume = name text, devicePath text;

      ConfigMap = apiVersion text, kind text, metadata ObjectMeta, immutable flag, data {}text,
        binaryData {}bytes;
      Secret = apiVersion text, kind text, metadata ObjectMeta, immutable flag, data {}bytes,
        stringData {}text, type text;

      Event = apiVersion text, kind text, metadata ObjectMeta, involvedObject ObjectReference,
        reason text, message text, source EventSource, firstTimestamp time, lastTimestamp time,
        count int, type text, eventTime micro, series EventSeries, action text,
        related ObjectReference, reportingComponent text, reportingInstance text;
      EventSource = component text, host text;
      EventSeries = count int, lastObservedTime micro;

      Lease = apiVersion text, kind text, metadata ObjectMeta, spec LeaseSpec;
      LeaseSpec = holderIdentity text, leaseDurationSeconds int, acquireTime micro,
        renewTime micro, leaseTransitions int, strategy text, preferredHolder text;

      PriorityClass = apiVersion text, kind text, metadata ObjectMeta, value priority,
        globalDefault flag, description text, preemptionPolicy text;
      """;

  private CoreSchema() {}
}
