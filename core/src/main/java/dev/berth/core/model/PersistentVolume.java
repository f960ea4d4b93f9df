package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A piece of storage, as an administrator or a provisioner offers it. */
public record PersistentVolume(ObjectMeta metadata, Spec spec, Status status) implements ApiObject {

  /** Phase: new, not yet looked at. */
  public static final String PENDING = "Pending";

  /** Phase: free, or reserved for a claim that has not come yet. */
  public static final String AVAILABLE = "Available";

  /** Phase: belongs to a claim. */
  public static final String BOUND = "Bound";

  /** Phase: its claim has gone, what becomes of it is a matter of its reclaim policy. */
  public static final String RELEASED = "Released";

  /** Phase: its reclaim policy could not be carried out. */
  public static final String FAILED = "Failed";

  /** Annotation: the controller, not a user, made this volume's claimRef. */
  public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  /** Annotation: who made the volume; absent on a volume made by hand. */
  public static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  /** Annotation: UUID of the file system that was made for it, or that it has taken over. */
  public static final String FS_UUID = "berth.dev/fs-uuid";

  /**
   * Annotation, an administrator's word: {@code true} takes it out, {@code wipe} too, but has its
   * data destroyed as its policy says, {@code false} offers it although its disk is failing.
   */
  public static final String CORDONED = "berth.dev/cordoned";

  /** All words of {@link #CORDONED}. */
  public static final List<String> CORDON_WORDS = List.of("true", "wipe", "false");

  /** What its node has to do to make or remove it, or has done. */
  public static final String PROVISION = "berth.dev/provision";

  /** The node that makes and removes it. */
  public static final String PROVISION_NODE = "berth.dev/provision-node";

  public record Spec(
      Map<String, Quantity> capacity,
      List<String> accessModes,
      @Nullable String storageClassName,
      @Nullable String volumeMode,
      @Nullable String persistentVolumeReclaimPolicy,
      @Nullable ClaimReference claimRef,
      List<String> mountOptions,
      @Nullable NodeAffinity nodeAffinity,
      @Nullable Local local,
      @Nullable HostPath hostPath,
      @Nullable Nfs nfs,
      @Nullable Csi csi,
      @Nullable String volumeAttributesClassName) {
    public Spec {
      capacity = capacity == null ? Map.of() : Map.copyOf(capacity);
      accessModes = Absent.list(accessModes);
      mountOptions = Absent.list(mountOptions);
    }
  }

  /** The claim that the volume is reserved for (uid empty) or belongs to. */
  public record ClaimReference(String namespace, String name, String uid) {
    public ClaimReference {
      namespace = Absent.text(namespace);
      name = Absent.text(name);
      uid = Absent.text(uid);
    }
  }

  /** A directory that a server exports. */
  public record Nfs(String server, String path, boolean readOnly) {
    public Nfs {
      server = Absent.text(server);
      path = Absent.text(path);
    }
  }

  /**
   * A volume of a driver.
   *
   * @param volumeHandle by which the driver knows it
   * @param fsType of a volume that has to be formatted
   */
  public record Csi(
      String driver,
      String volumeHandle,
      boolean readOnly,
      @Nullable String fsType,
      Map<String, String> volumeAttributes) {
    public Csi {
      driver = Absent.text(driver);
      volumeHandle = Absent.text(volumeHandle);
      volumeAttributes = Absent.map(volumeAttributes);
    }
  }

  public record NodeAffinity(@Nullable NodeSelector required) {}

  /**
   * A disk or a mounted directory of one node.
   *
   * @param fsType of a disk that has to be formatted
   */
  public record Local(String path, @Nullable String fsType) {
    public Local {
      path = Absent.text(path);
    }
  }

  public record HostPath(String path, @Nullable String type) {
    public HostPath {
      path = Absent.text(path);
    }
  }

  public record Status(
      @Nullable String phase,
      @Nullable String message,
      @Nullable String reason,
      List<Condition> conditions) {
    public Status {
      conditions = Absent.list(conditions);
    }
  }

  public PersistentVolume {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec =
        spec == null
            ? new Spec(
                Map.of(), List.of(), null, null, null, null, List.of(), null, null, null, null,
                null, null)
            : spec;
    status = status == null ? new Status(null, null, null, List.of()) : status;
  }

  /** The class that it belongs to, empty for none; the older annotation wins over the field. */
  public String className() {
    return ClassNames.of(metadata, spec.storageClassName());
  }

  /** Its size in bytes; zero when it names none. */
  public Quantity storage() {
    return spec.capacity().getOrDefault("storage", Quantity.ZERO);
  }

  /** The class of its attributes, empty for none. */
  public String attributesClass() {
    return Absent.text(spec.volumeAttributesClassName());
  }

  public boolean block() {
    return "Block".equals(spec.volumeMode());
  }

  public String phase() {
    return Absent.text(status.phase());
  }

  /** Who made the volume, empty for one made by hand. */
  public String provisionedBy() {
    return metadata.annotations().getOrDefault(PROVISIONED_BY, "");
  }

  /** Whether the binder has let go of it, after its claim had gone. */
  public boolean released() {
    return phase().equals(RELEASED) || phase().equals(FAILED);
  }

  /** What becomes of it when its claim has gone: Retain, Delete or Recycle. */
  public String reclaimPolicy() {
    return spec.persistentVolumeReclaimPolicy() == null
        ? "Retain"
        : spec.persistentVolumeReclaimPolicy();
  }

  /** Whether pods on the node can use it. */
  public boolean reachableFrom(String nodeName, Map<String, String> nodeLabels) {
    var affinity = spec.nodeAffinity();
    return affinity == null
        || affinity.required() == null
        || affinity.required().matches(nodeName, nodeLabels);
  }
}
