package dev.berth.core.model.schema;

/** The volumes of pods. */
final class VolumeSchema {

  static final String TEXT =
      """
      Volume = name text, hostPath HostPathVolumeSource, emptyDir EmptyDirVolumeSource,
        persistentVolumeClaim PersistentVolumeClaimVolumeSource, secret SecretVolumeSource,
        configMap ConfigMapVolumeSource, downwardAPI DownwardAPIVolumeSource,
        projected ProjectedVolumeSource, nfs NFSVolumeSource, csi CSIVolumeSource,
        ephemeral EphemeralVolumeSource, image ImageVolumeSource, iscsi object, fc object,
        flexVolume object, rbd object, cephfs object, cinder object, glusterfs object,
        gcePersistentDisk object, awsElasticBlockStore object, azureDisk object,
        azureFile object, vsphereVolume object, portworxVolume object,
        photonPersistentDisk object, flocker object, quobyte object, scaleIO object,
        storageos object, gitRepo object;
      HostPathVolumeSource = path text, type text;
      EmptyDirVolumeSource = medium text, sizeLimit quantity;
      NFSVolumeSource = server text, path text, readOnly flag;
      PersistentVolumeClaimVolumeSource = claimName text, readOnly flag;
      SecretVolumeSource = secretName text, items []KeyToPath, defaultMode int, optional flag;
      ConfigMapVolumeSource = name text, items []KeyToPath, defaultMode int, optional flag;
      KeyToPath = key text, path text, mode int;
      DownwardAPIVolumeSource = items []DownwardAPIVolumeFile, defaultMode int;
      DownwardAPIVolumeFile = path text, fieldRef ObjectFieldSelector,
        resourceFieldRef ResourceFieldSelector, mode int;
      ProjectedVolumeSource = sources []VolumeProjection, defaultMode int;
      VolumeProjection = secret SecretProjection, downwardAPI DownwardAPIProjection,
        configMap ConfigMapProjection, serviceAccountToken ServiceAccountTokenProjection,
        clusterTrustBundle object;
      SecretProjection = name text, items []KeyToPath, optional flag;
      ConfigMapProjection = name text, items []KeyToPath, optional flag;
      DownwardAPIProjection = items []DownwardAPIVolumeFile;
      ServiceAccountTokenProjection = audience text, expirationSeconds long, path text;
      CSIVolumeSource = driver text, readOnly flag, fsType text, volumeAttributes {}text,
        nodePublishSecretRef LocalObjectReference;
      EphemeralVolumeSource = volumeClaimTemplate PersistentVolumeClaimTemplate, readOnly flag;
      PersistentVolumeClaimTemplate = metadata ObjectMeta, spec PersistentVolumeClaimSpec;
      ImageVolumeSource = reference text, pullPolicy text;
      """;

  private VolumeSchema() {}
}
