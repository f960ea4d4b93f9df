package dev.berth.node.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.FileSources.ResourceFieldRef;
import dev.berth.core.model.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The environment variables that a pod gives to a container: whole objects first ({@code envFrom}),
 * then the single ones, of which a later one may refer to earlier ones.
 */
public final class ContainerEnvironment {
  private static final Pattern REFERENCE = Pattern.compile("\\$(\\$|\\(([^)]+)\\))");

  private final ObjectNode pod;
  private final JsonNode container;
  private final ConfigObjects objects;
  private final Surroundings node;
  private final String namespace;
  private final Map<String, String> variables = new LinkedHashMap<>();

  private ContainerEnvironment(
      ObjectNode pod, JsonNode container, ConfigObjects objects, Surroundings node) {
    this.pod = pod;
    this.container = container;
    this.objects = objects;
    this.node = node;
    this.namespace = Json.text(pod, "metadata", "namespace");
  }

  /**
   * The variables of the container, as they are at this moment: a container keeps those that it was
   * started with.
   *
   * @throws MissingConfig when an object or value that must be there is not
   */
  public static Map<String, String> of(
      ObjectNode pod, JsonNode container, ConfigObjects objects, Surroundings node)
      throws MissingConfig {
    var environment = new ContainerEnvironment(pod, container, objects, node);
    for (var source : container.path("envFrom")) {
      environment.addAll(source);
    }
    for (var variable : container.path("env")) {
      environment.add(variable);
    }
    return environment.variables;
  }

  private void addAll(JsonNode source) throws MissingConfig {
    var prefix = Json.text(source, "prefix");
    for (var reference : List.of("configMapRef", "secretRef")) {
      if (source.path(reference).isObject()) {
        values(reference, source.path(reference))
            .values()
            .forEach((key, value) -> variables.put(prefix + key, text(value)));
      }
    }
  }

  private void add(JsonNode variable) throws MissingConfig {
    var name = Json.text(variable, "name");
    var from = variable.path("valueFrom");
    if (!from.isObject()) {
      variables.put(name, expand(Json.text(variable, "value"), variables));
      return;
    }
    for (var reference : List.of("configMapKeyRef", "secretKeyRef")) {
      var selector = from.path(reference);
      if (selector.isObject()) {
        var values = values(reference, selector);
        var value = values.values().get(Json.text(selector, "key"));
        if (value != null) {
          variables.put(name, text(value));
        } else if (!optional(selector)) {
          throw values.lacks(Json.text(selector, "key"));
        }
      }
    }
    if (from.path("fieldRef").isObject()) {
      variables.put(name, PodFields.value(pod, Json.text(from, "fieldRef", "fieldPath"), node));
    }
    if (from.path("resourceFieldRef").isObject()) {
      var reference = Json.view(from.path("resourceFieldRef"), ResourceFieldRef.class);
      variables.put(name, PodFields.resource(pod, Json.text(container, "name"), reference, node));
    }
  }

  private ConfigValues values(String reference, JsonNode selector) throws MissingConfig {
    var name = Json.text(selector, "name");
    return reference.startsWith("secret")
        ? ConfigValues.ofSecret(objects, namespace, name, optional(selector))
        : ConfigValues.ofConfigMap(objects, namespace, name, optional(selector));
  }

  private static boolean optional(JsonNode selector) {
    return selector.path("optional").booleanValue(false);
  }

  private static String text(byte[] value) {
    return new String(value, UTF_8);
  }

  /** A variable to which the text refers and which is not there. */
  public static Optional<String> missing(String text, Map<String, String> variables) {
    return REFERENCE
        .matcher(text)
        .results()
        .map(match -> match.group(2))
        .filter(name -> name != null && !variables.containsKey(name))
        .findFirst();
  }

  /** {@code $(NAME)} becomes the variable's value, {@code $$} a dollar; unknown names stay. */
  public static String expand(String text, Map<String, String> variables) {
    return REFERENCE
        .matcher(text)
        .replaceAll(
            match -> {
              var name = match.group(2);
              if (name == null) {
                return Matcher.quoteReplacement("$");
              }
              return Matcher.quoteReplacement(variables.getOrDefault(name, match.group()));
            });
  }
}
