package dev.berth.node.sync;

import dev.berth.core.model.Json;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Fields of a pod that its containers may read as environment variables (fieldRef). */
final class PodFields {
  private static final List<String> PLAIN =
      List.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.podIP");

  private static final Pattern ENTRY =
      Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)'\\]");

  private PodFields() {}

  static boolean known(String field) {
    return PLAIN.contains(field) || ENTRY.matcher(field).matches();
  }

  /**
   * The field's value, empty when the pod does not have it.
   *
   * @param nodeAddress the node's address, which is also the pod's
   */
  static String value(PodObject pod, String field, String nodeAddress) {
    var entry = ENTRY.matcher(field);
    if (entry.matches()) {
      return Json.text(pod.document(), "metadata", entry.group(1), entry.group(2));
    }
    if (field.startsWith("status.")) {
      return nodeAddress;
    }
    return Optional.of(Json.text(pod.document(), field.split("\\.", -1)))
        .filter(value -> !value.isEmpty())
        .orElse(field.equals("spec.serviceAccountName") ? "default" : "");
  }
}
