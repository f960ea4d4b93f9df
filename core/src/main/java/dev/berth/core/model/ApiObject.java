package dev.berth.core.model;

/** A read-only view of an object of some kind. */
public sealed interface ApiObject
    permits Namespace,
        Node,
        Pod,
        PersistentVolume,
        PersistentVolumeClaim,
        StorageClass,
        ConfigMap,
        Secret,
        Event,
        Lease,
        PriorityClass,
        CsiNode,
        CsiStorageCapacity,
        VolumeAttributesClass,
        OpaqueObject {

  ObjectMeta metadata();
}
