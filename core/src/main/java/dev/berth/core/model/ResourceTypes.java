package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The kinds that are served. */
public final class ResourceTypes {

  public static final ResourceType NAMESPACE =
      new ResourceType(
          "",
          "v1",
          "Namespace",
          "namespaces",
          "namespace",
          List.of("ns"),
          false,
          Set.of("status", "finalize"),
          Namespace.class);
  public static final ResourceType NODE =
      new ResourceType(
          "",
          "v1",
          "Node",
          "nodes",
          "node",
          List.of("no"),
          false,
          Set.of("status", "disks"),
          Node.class);
  public static final ResourceType POD =
      new ResourceType(
          "",
          "v1",
          "Pod",
          "pods",
          "pod",
          List.of("po"),
          true,
          Set.of("status", "binding", "eviction", "log", "exec", "explain"),
          Pod.class);
  public static final ResourceType VOLUME =
      new ResourceType(
          "",
          "v1",
          "PersistentVolume",
          "persistentvolumes",
          "persistentvolume",
          List.of("pv"),
          false,
          Set.of("status", "undelete", "release"),
          PersistentVolume.class);
  public static final ResourceType CLAIM =
      new ResourceType(
          "",
          "v1",
          "PersistentVolumeClaim",
          "persistentvolumeclaims",
          "persistentvolumeclaim",
          List.of("pvc"),
          true,
          Set.of("status", "explain"),
          PersistentVolumeClaim.class);
  public static final ResourceType CLASS =
      new ResourceType(
          "storage.k8s.io",
          "v1",
          "StorageClass",
          "storageclasses",
          "storageclass",
          List.of("sc"),
          false,
          Set.of(),
          StorageClass.class);
  public static final ResourceType CONFIG_MAP =
      new ResourceType(
          "",
          "v1",
          "ConfigMap",
          "configmaps",
          "configmap",
          List.of("cm"),
          true,
          Set.of(),
          ConfigMap.class);
  public static final ResourceType SECRET =
      new ResourceType(
          "", "v1", "Secret", "secrets", "secret", List.of(), true, Set.of(), Secret.class);
  public static final ResourceType EVENT =
      new ResourceType(
          "", "v1", "Event", "events", "event", List.of("ev"), true, Set.of(), Event.class);
  public static final ResourceType LEASE =
      new ResourceType(
          "coordination.k8s.io",
          "v1",
          "Lease",
          "leases",
          "lease",
          List.of(),
          true,
          Set.of(),
          Lease.class);

  public static final ResourceType PRIORITY_CLASS =
      new ResourceType(
          "scheduling.k8s.io",
          "v1",
          "PriorityClass",
          "priorityclasses",
          "priorityclass",
          List.of("pc"),
          false,
          Set.of(),
          PriorityClass.class);
  public static final ResourceType CSI_NODE =
      new ResourceType(
          "storage.k8s.io",
          "v1",
          "CSINode",
          "csinodes",
          "csinode",
          List.of(),
          false,
          Set.of(),
          CsiNode.class);
  public static final ResourceType STORAGE_CAPACITY =
      new ResourceType(
          "storage.k8s.io",
          "v1",
          "CSIStorageCapacity",
          "csistoragecapacities",
          "csistoragecapacity",
          List.of(),
          true,
          Set.of(),
          CsiStorageCapacity.class);
  public static final ResourceType ATTRIBUTES_CLASS =
      new ResourceType(
          "storage.k8s.io",
          "v1",
          "VolumeAttributesClass",
          "volumeattributesclasses",
          "volumeattributesclass",
          List.of("vac"),
          false,
          Set.of(),
          VolumeAttributesClass.class);

  public static final List<ResourceType> ALL =
      List.of(
          NAMESPACE,
          NODE,
          POD,
          VOLUME,
          CLAIM,
          CLASS,
          CONFIG_MAP,
          SECRET,
          EVENT,
          LEASE,
          PRIORITY_CLASS,
          CSI_NODE,
          STORAGE_CAPACITY,
          ATTRIBUTES_CLASS);

  private static final Map<String, ResourceType> BY_RESOURCE =
      ALL.stream().collect(Collectors.toMap(ResourceType::resource, Function.identity()));

  private ResourceTypes() {}

  /** The type of the objects that are stored as {@code resource}. */
  public static Optional<ResourceType> byResource(String resource) {
    return Optional.ofNullable(BY_RESOURCE.get(resource));
  }
}
