package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A user's wish for storage. */
public record PersistentVolumeClaim(ObjectMeta metadata, Spec spec, Status status)
    implements ApiObject {

  /** Phase: waits for a volume. */
  public static final String PENDING = "Pending";

  /** Phase: has its volume. */
  public static final String BOUND = "Bound";

  /** Phase: had a volume, which is gone or belongs to somebody else. */
  public static final String LOST = "Lost";

  /** Annotation: the controller, not a user, chose the volume. */
  public static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  /** Annotation: the binding was completed once; from then on a missing volume is a lost one. */
  public static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

  /** Condition: its volume is being made larger. */
  public static final String RESIZING = "Resizing";

  /** Condition: its volume is larger, or will be, as soon as its node has done its part. */
  public static final String RESIZE_PENDING = "FileSystemResizePending";

  /** Annotation: the node that the scheduler chose for a volume that has to be made first. */
  public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  /** Annotation: who has to make its volume. */
  public static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";

  /** Annotation: the same, as older provisioners look for it. */
  public static final String BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";

  /** Annotation: the group whose claims get their volumes together, on one node, or none does. */
  public static final String VOLUME_GROUP = "berth.dev/volume-group";

  /** Annotation: of how many claims the group is. */
  public static final String VOLUME_GROUP_SIZE = "berth.dev/volume-group-size";

  /** Annotation: claims of a namespace with the same value get volumes in different places. */
  public static final String VOLUME_SPREAD = "berth.dev/volume-spread";

  /** Annotation: the label of nodes whose values are the places; the host's name when absent. */
  public static final String VOLUME_SPREAD_TOPOLOGY = "berth.dev/volume-spread-topology";

  public record Spec(
      List<String> accessModes,
      Resources resources,
      @Nullable String storageClassName,
      @Nullable LabelSelector selector,
      @Nullable String volumeName,
      @Nullable String volumeMode,
      @Nullable String volumeAttributesClassName) {
    public Spec {
      accessModes = Absent.list(accessModes);
      resources = resources == null ? new Resources(Map.of()) : resources;
    }
  }

  public record Resources(Map<String, Quantity> requests) {
    public Resources {
      requests = requests == null ? Map.of() : Map.copyOf(requests);
    }
  }

  /**
   * What it has.
   *
   * @param allocatedResources what an expansion that was begun is to lead to
   */
  public record Status(
      @Nullable String phase,
      List<String> accessModes,
      Map<String, Quantity> capacity,
      Map<String, Quantity> allocatedResources,
      List<Condition> conditions) {
    public Status {
      accessModes = Absent.list(accessModes);
      capacity = capacity == null ? Map.of() : Map.copyOf(capacity);
      allocatedResources = allocatedResources == null ? Map.of() : Map.copyOf(allocatedResources);
      conditions = Absent.list(conditions);
    }
  }

  public PersistentVolumeClaim {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec =
        spec == null
            ? new Spec(List.of(), new Resources(Map.of()), null, null, null, null, null)
            : spec;
    status = status == null ? new Status(null, List.of(), Map.of(), Map.of(), List.of()) : status;
  }

  /** The class that it asks for, empty for none; the older annotation wins over the field. */
  public String className() {
    return ClassNames.of(metadata, spec.storageClassName());
  }

  /** Whether it takes the default class, because it names none, not even the empty one. */
  public boolean takesDefaultClass() {
    return ClassNames.areAbsent(metadata, spec.storageClassName());
  }

  /** The bytes that it asks for. */
  public Quantity request() {
    return spec.resources().requests().getOrDefault("storage", Quantity.ZERO);
  }

  /** The class of the attributes that it asks for, empty for none. */
  public String attributesClass() {
    return Absent.text(spec.volumeAttributesClassName());
  }

  public boolean block() {
    return "Block".equals(spec.volumeMode());
  }

  /** The volume that it names, empty for none. */
  public String volumeName() {
    return Absent.text(spec.volumeName());
  }

  /** Whether its binding was completed once. */
  public boolean bindCompleted() {
    return metadata.annotations().containsKey(BIND_COMPLETED);
  }

  /** Whether it names its volume and the binding is complete. */
  public boolean fullyBound() {
    return !volumeName().isEmpty() && bindCompleted();
  }

  /** How much it can hold now; zero when it has no volume. */
  public Quantity capacity() {
    return status.capacity().getOrDefault("storage", Quantity.ZERO);
  }

  /** Whether it waits for its node to make its volume larger. */
  public boolean resizePending() {
    return status.conditions().stream()
        .anyMatch(c -> c.type().equals(RESIZE_PENDING) && c.status().equals("True"));
  }

  /** The group that it belongs to, empty for none. */
  public String volumeGroup() {
    return Absent.text(metadata.annotations().get(VOLUME_GROUP));
  }

  /** What it has in common with the claims that it must be apart from, empty for none. */
  public String volumeSpread() {
    return Absent.text(metadata.annotations().get(VOLUME_SPREAD));
  }

  /** The label of nodes by which it is apart from others. */
  public String volumeSpreadTopology() {
    var key = Absent.text(metadata.annotations().get(VOLUME_SPREAD_TOPOLOGY));
    return key.isEmpty() ? Node.HOSTNAME_LABEL : key;
  }

  public String phase() {
    return Absent.text(status.phase());
  }
}
