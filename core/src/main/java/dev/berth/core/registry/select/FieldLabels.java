package dev.berth.core.registry.select;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which fields of which kind a field selector may name, and where a document has them. */
final class FieldLabels {

  static final String NAME = "metadata.name";
  static final String NAMESPACE = "metadata.namespace";

  private static final Map<ResourceType, Set<String>> OF_KIND =
      Map.of(
          ResourceTypes.POD,
          Set.of(
              "spec.nodeName",
              "spec.restartPolicy",
              "spec.schedulerName",
              "spec.serviceAccountName",
              "spec.hostNetwork",
              "status.phase",
              "status.podIP",
              "status.nominatedNodeName"),
          ResourceTypes.NODE,
          Set.of("spec.unschedulable"),
          ResourceTypes.NAMESPACE,
          Set.of("status.phase"),
          ResourceTypes.SECRET,
          Set.of("type"),
          ResourceTypes.EVENT,
          Set.of(
              "involvedObject.kind",
              "involvedObject.namespace",
              "involvedObject.name",
              "involvedObject.uid",
              "involvedObject.apiVersion",
              "involvedObject.resourceVersion",
              "involvedObject.fieldPath",
              "reason",
              "reportingComponent",
              "source",
              "type"));

  private static final Set<String> FALSE_WHEN_ABSENT =
      Set.of("spec.unschedulable", "spec.hostNetwork");

  private FieldLabels() {}

  /** What is wrong with the field; null when objects of the type can be selected by it. */
  static @Nullable String unsupported(ResourceType type, String field) {
    var more = OF_KIND.get(type);
    var namespace = field.equals(NAMESPACE) && (type.namespaced() || more == null);
    if (field.equals(NAME) || namespace || (more != null && more.contains(field))) {
      return null;
    }
    return more != null
        ? "field label not supported: " + field
        : "\""
            + field
            + "\" is not a known field selector: only \"metadata.name\","
            + " \"metadata.namespace\"";
  }

  /** The places in the document that hold the field: the first that is not empty counts. */
  static List<String> paths(String field) {
    return field.equals("source")
        ? List.of("source.component", "reportingComponent")
        : List.of(field);
  }

  static String absent(String field) {
    return FALSE_WHEN_ABSENT.contains(field) ? "false" : "";
  }
}
