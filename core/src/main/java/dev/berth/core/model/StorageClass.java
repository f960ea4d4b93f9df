package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
    List<TopologyTerm> allowedTopologies)
    implements ApiObject {

  /** Where volumes may be made, by node labels; all requirements must hold. */
  public record TopologyTerm(List<TopologyRequirement> matchLabelExpressions) {
    public TopologyTerm {
      matchLabelExpressions = Absent.list(matchLabelExpressions);
    }
  }

  /** The label has one of the values. */
  public record TopologyRequirement(String key, List<String> values) {
    public TopologyRequirement {
      key = Absent.text(key);
      values = Absent.list(values);
    }
  }

  /** The provisioner of classes whose volumes somebody makes by hand. */
  public static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

  private static final String BERTH = "berth.dev";

  /** Whether only Berth itself can have a provisioner of the name: it is in its domain. */
  public static boolean isBerths(String provisioner) {
    var domain = provisioner.split("/", 2)[0];
    return domain.equals(BERTH) || domain.endsWith("." + BERTH);
  }

  public static final String DEFAULT_ANNOTATION = "storageclass.kubernetes.io/is-default-class";

  public StorageClass {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    provisioner = Absent.text(provisioner);
    parameters = Absent.map(parameters);
    mountOptions = Absent.list(mountOptions);
    allowedTopologies = Absent.list(allowedTopologies);
  }

  private static final String BETA_DEFAULT_ANNOTATION =
      "storageclass.beta.kubernetes.io/is-default-class";

  /**
   * Whether claims without a class get this one.
   *
   * @param annotations the value of an annotation, null or empty when there is none
   */
  static boolean isDefault(Function<String, @Nullable String> annotations) {
    return "true".equals(annotations.apply(DEFAULT_ANNOTATION))
        || "true".equals(annotations.apply(BETA_DEFAULT_ANNOTATION));
  }

  /** Whether claims without a class get this one. */
  public boolean isDefault() {
    return isDefault(metadata.annotations()::get);
  }

  /** Whether a claim waits until a pod that uses it has been given a node. */
  public boolean delayed() {
    return "WaitForFirstConsumer".equals(volumeBindingMode);
  }
}
