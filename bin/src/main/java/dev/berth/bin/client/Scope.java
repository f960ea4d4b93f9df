package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which objects of a kind a command is about. */
final class Scope {
  static final String DEFAULT_NAMESPACE = "default";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Namespace (default: " + DEFAULT_NAMESPACE + ").")
  String namespace = DEFAULT_NAMESPACE;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "All namespaces.")
  boolean all;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "SELECTOR",
      description = "Only objects with these labels, for example app=db,tier!=test.")
  String labels = "";

  @Option(
      names = "--field-selector",
      paramLabel = "SELECTOR",
      description = "Only objects with these fields, for example spec.nodeName=node-1.")
  String fields = "";

  /** Null for all namespaces. */
  @Nullable String namespace() {
    return all ? null : namespace;
  }

  boolean narrowed() {
    return !labels.isEmpty() || !fields.isEmpty();
  }

  /**
   * The target that lists what is selected.
   *
   * @param name null for all
   */
  String listTarget(ResourceType type, @Nullable String name, String... query) {
    var parameters = new StringBuilder();
    add(parameters, "labelSelector", labels);
    var byName = name == null ? "" : "metadata.name=" + name;
    add(
        parameters,
        "fieldSelector",
        fields.isEmpty() || byName.isEmpty() ? fields + byName : fields + "," + byName);
    for (var i = 0; i < query.length; i += 2) {
      add(parameters, query[i], query[i + 1]);
    }
    return ApiClient.path(type, namespace(), null) + parameters;
  }

  private static void add(StringBuilder parameters, String name, String value) {
    if (!value.isEmpty()) {
      parameters
          .append(parameters.isEmpty() ? '?' : '&')
          .append(name)
          .append('=')
          .append(ApiClient.encode(value));
    }
  }
}
