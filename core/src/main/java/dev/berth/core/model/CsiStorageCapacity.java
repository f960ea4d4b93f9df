package dev.berth.core.model;

import org.jspecify.annotations.Nullable;

/**
 * How much can still be provisioned for a class in a part of the cluster.
 *
 * @param nodeTopology the nodes that can use it; null for none
 * @param capacity what is free; null when it is not known
 * @param maximumVolumeSize the largest single volume; null when it is not known
 */
public record CsiStorageCapacity(
    ObjectMeta metadata,
    @Nullable LabelSelector nodeTopology,
    String storageClassName,
    @Nullable Quantity capacity,
    @Nullable Quantity maximumVolumeSize)
    implements ApiObject {

  /** Label: who reports it; for nodes of ours their name. */
  public static final String REPORTER = "csi.storage.k8s.io/managed-by";

  /** Label: the provisioner of the class. */
  public static final String DRIVER = "csi.storage.k8s.io/drivername";

  public CsiStorageCapacity {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    storageClassName = Absent.text(storageClassName);
  }
}
