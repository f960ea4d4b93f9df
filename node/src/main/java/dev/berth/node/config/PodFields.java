package dev.berth.node.config;

import dev.berth.core.model.FileSources.ResourceFieldRef;
import dev.berth.core.model.Json;
import dev.berth.core.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Facts about a pod that its containers may learn. */
public final class PodFields {
  private static final List<String> PLAIN =
      List.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.podIP");

  private static final List<String> MAPS = List.of("metadata.labels", "metadata.annotations");

  private static final Pattern ENTRY =
      Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)'\\]");

  private static final Pattern RESOURCE =
      Pattern.compile("(limits|requests)\\.(cpu|memory|ephemeral-storage|hugepages-.+)");

  private PodFields() {}

  /** Whether it can be the value of an environment variable. */
  public static boolean known(String field) {
    return PLAIN.contains(field) || ENTRY.matcher(field).matches();
  }

  /** Whether it can be a file. */
  public static boolean knownAsFile(String field) {
    return known(field) || MAPS.contains(field);
  }

  /** Whether an amount of this name can be told. */
  public static boolean knownResource(String resource) {
    return RESOURCE.matcher(resource).matches();
  }

  /** The field's value, empty when the pod does not have it. */
  public static String value(ObjectNode pod, String field, Surroundings node) {
    if (MAPS.contains(field)) {
      return lines(Json.at(pod, field.split("\\.", -1)));
    }
    var entry = ENTRY.matcher(field);
    if (entry.matches()) {
      return Json.text(pod, "metadata", entry.group(1), entry.group(2));
    }
    if (field.startsWith("status.")) {
      return node.address();
    }
    return Optional.of(Json.text(pod, field.split("\\.", -1)))
        .filter(value -> !value.isEmpty())
        .orElse(field.equals("spec.serviceAccountName") ? "default" : "");
  }

  /** {@code key="value"}, one in a line, in the order of the keys. */
  private static String lines(JsonNode map) {
    var sorted = new TreeMap<String, String>();
    for (var entry : map.properties()) {
      var value = StringNode.valueOf(entry.getValue().stringValue("")).toString();
      sorted.put(entry.getKey(), entry.getKey() + "=" + value);
    }
    return String.join("\n", sorted.values());
  }

  /**
   * An amount of a container, rounded up to whole units of the divisor. Who has no limit may use
   * what the node has.
   *
   * @param asking the container that asks, empty for a volume
   * @throws MissingConfig when the pod has no such container
   */
  public static String resource(
      ObjectNode pod, String asking, ResourceFieldRef reference, Surroundings node)
      throws MissingConfig {
    var name = reference.containerName().isEmpty() ? asking : reference.containerName();
    var parts = RESOURCE.matcher(reference.resource());
    if (!parts.matches()) {
      throw new MissingConfig(
          "the amount %s is not known; expected limits. or requests. of cpu, memory or"
                  .formatted(reference.resource())
              + " ephemeral-storage");
    }
    var amounts = Json.at(container(pod, name), "resources");
    var resource = parts.group(2);
    var limit = Json.text(amounts, "limits", resource);
    var text = parts.group(1).equals("limits") ? limit : request(amounts, resource, limit);
    var amount =
        text.isEmpty()
            ? parts.group(1).equals("limits")
                ? node.allocatable().getOrDefault(resource, Quantity.ZERO)
                : Quantity.ZERO
            : Quantity.parse(text);
    var divisor = reference.divisor();
    var unit = divisor == null || divisor.signum() <= 0 ? BigDecimal.ONE : divisor.amount();
    return amount.amount().divide(unit, 0, RoundingMode.CEILING).toPlainString();
  }

  private static String request(JsonNode amounts, String resource, String limit) {
    var request = Json.text(amounts, "requests", resource);
    return request.isEmpty() ? limit : request;
  }

  private static JsonNode container(ObjectNode pod, String name) throws MissingConfig {
    for (var list : List.of("containers", "initContainers")) {
      for (var container : Json.at(pod, "spec", list)) {
        if (Json.text(container, "name").equals(name)) {
          return container;
        }
      }
    }
    throw new MissingConfig("the pod has no container \"%s\"".formatted(name));
  }
}
