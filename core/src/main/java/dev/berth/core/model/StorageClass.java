package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A template for volumes: who provides them, how, and when a claim is bound. */
public record StorageClass(
    ObjectMeta metadata,
    String provisioner,
    Map<String, String> parameters,
    @Nullable String reclaimPolicy,
    List<String> mountOptions,
    boolean allowVolumeExpansion,
    @Nullable String volumeBindingMode,
    List<NodeSelectorTerm> allowedTopologies)
    implements ApiObject {

  /** The provisioner of classes whose volumes somebody makes by hand. */
  public static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

  public static final String DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class";

  public StorageClass {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    provisioner = Absent.text(provisioner);
    parameters = Absent.map(parameters);
    mountOptions = Absent.list(mountOptions);
    allowedTopologies = Absent.list(allowedTopologies);
  }

  /** Whether a claim waits until a pod that uses it has been given a node. */
  public boolean delayed() {
    return "WaitForFirstConsumer".equals(volumeBindingMode);
  }
}
