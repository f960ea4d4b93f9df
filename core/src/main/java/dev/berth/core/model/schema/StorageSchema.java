package dev.berth.core.model.schema;

/** Volumes, claims and classes. */
final class StorageSchema {

  static final String TEXT =
      """
      PersistentVolume = apiVersion text, kind text, metadata ObjectMeta,
        spec PersistentVolumeSpec, status PersistentVolumeStatus;
      PersistentVolumeSpec = capacity {}quantity, accessModes []text, claimRef ObjectReference,
        persistentVolumeReclaimPolicy text, storageClassName text, mountOptions []text,
        volumeMode text, nodeAffinity VolumeNodeAffinity, volumeAttributesClassName text,
        local LocalVolumeSource, hostPath HostPathVolumeSource, csi CSIPersistentVolumeSource,
        nfs NFSVolumeSource, iscsi object, fc object, flexVolume object, rbd object,
        cephfs object, cinder object, glusterfs object, gcePersistentDisk object,
        awsElasticBlockStore object, azureDisk object, azureFile object, vsphereVolume object,
        portworxVolume object, photonPersistentDisk object, flocker object, quobyte object,
        scaleIO object, storageos object;
      VolumeNodeAffinity = required NodeSelector;
      NodeSelector = nodeSelectorTerms []NodeSelectorTerm;
      NodeSelectorTerm = matchExpressions []NodeSelectorRequirement,
        matchFields []NodeSelectorRequirement;
      NodeSelectorRequirement = key text, operator text, values []text;
      PersistentVolumeStatus = phase text, message text, reason text, lastPhaseTransitionTime time,
        conditions []PersistentVolumeClaimCondition(type);
      LocalVolumeSource = path text, fsType text;
      CSIPersistentVolumeSource = driver text, volumeHandle text, readOnly flag, fsType text,
        volumeAttributes {}text, controllerPublishSecretRef SecretReference,
        nodeStageSecretRef SecretReference, nodePublishSecretRef SecretReference,
        controllerExpandSecretRef SecretReference, nodeExpandSecretRef SecretReference;

      PersistentVolumeClaim = apiVersion text, kind text, metadata ObjectMeta,
        spec PersistentVolumeClaimSpec, status PersistentVolumeClaimStatus;
      PersistentVolumeClaimSpec = accessModes []text, selector LabelSelector,
        resources VolumeResourceRequirements, volumeName text, storageClassName text,
        volumeMode text, dataSource TypedLocalObjectReference, dataSourceRef TypedObjectReference,
        volumeAttributesClassName text;
      VolumeResourceRequirements = limits {}quantity, requests {}quantity;
      PersistentVolumeClaimStatus = phase text, accessModes []text, capacity {}quantity,
        conditions []PersistentVolumeClaimCondition(type), allocatedResources {}quantity,
        allocatedResourceStatuses {}text, resizeStatus text,
        currentVolumeAttributesClassName text, modifyVolumeStatus object;
      PersistentVolumeClaimCondition = type text, status text, lastProbeTime time,
        lastTransitionTime time, reason text, message text;

      StorageClass = apiVersion text, kind text, metadata ObjectMeta, provisioner text,
        parameters {}text, reclaimPolicy text, mountOptions []text, allowVolumeExpansion flag,
        volumeBindingMode text, allowedTopologies []TopologySelectorTerm;
      TopologySelectorTerm = matchLabelExpressions []TopologySelectorLabelRequirement;
      TopologySelectorLabelRequirement = key text, values []text;

      CSINode = apiVersion text, kind text, metadata ObjectMeta, spec CSINodeSpec;
      CSINodeSpec = drivers []CSINodeDriver(name);
      CSINodeDriver = name text, nodeID text, topologyKeys []text,
        allocatable VolumeNodeResources;
      VolumeNodeResources = count int;
      CSIStorageCapacity = apiVersion text, kind text, metadata ObjectMeta,
        nodeTopology LabelSelector, storageClassName text, capacity quantity,
        maximumVolumeSize quantity;
      VolumeAttributesClass = apiVersion text, kind text, metadata ObjectMeta, driverName text,
        parameters {}text;
      """;

  private StorageSchema() {}
}
