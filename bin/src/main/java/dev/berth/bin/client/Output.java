package dev.berth.bin.client;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import java.io.PrintStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The forms in which objects are printed. */
sealed interface Output {

  /** In columns, as the server chooses them. */
  record Columns(boolean wide) implements Output {}

  record JsonText() implements Output {}

  record Yaml() implements Output {}

  record Names() implements Output {}

  record Path(JsonPath path) implements Output {}

  /** The form that the value of {@code -o} asks for. */
  static Output parse(String option) {
    if (option.startsWith("jsonpath=")) {
      return new Path(JsonPath.parse(option.substring("jsonpath=".length())));
    }
    return switch (option) {
      case "" -> new Columns(false);
      case "wide" -> new Columns(true);
      case "json" -> new JsonText();
      case "yaml" -> new Yaml();
      case "name" -> new Names();
      default ->
          throw ClientException.usage(
              "-o: expected wide, json, yaml, name or jsonpath=TEMPLATE, found \"" + option + "\"");
    };
  }

  /** Prints one object, or a list of them, in any form but columns. */
  default void print(PrintStream out, ResourceType type, ObjectNode object) {
    switch (this) {
      case Columns _ -> throw new IllegalStateException("columns are printed from a table");
      case JsonText() -> out.println(object.toPrettyString());
      case Yaml() -> out.print(Manifests.yaml(object));
      case Path(var path) -> {
        out.print(path.print(object));
        out.flush();
      }
      case Names() -> {
        if (object.path("items") instanceof tools.jackson.databind.node.ArrayNode items) {
          items.forEach(item -> out.println(title(type, item)));
        } else {
          out.println(title(type, object));
        }
      }
    }
  }

  /** One list of several objects of any kinds, as {@code kubectl get} answers for them. */
  static ObjectNode list(Iterable<ObjectNode> objects) {
    var list = Json.object();
    list.put("apiVersion", "v1").put("kind", "List");
    list.putObject("metadata");
    var items = list.putArray("items");
    objects.forEach(items::add);
    return list;
  }

  private static String title(ResourceType type, JsonNode object) {
    return KindNames.title(type, object.path("metadata").path("name").asString(""));
  }
}
