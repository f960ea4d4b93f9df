package dev.berth.api.rest;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.schema.Schemas;
import dev.berth.core.model.schema.Shape;
import dev.berth.core.model.schema.Shape.Scalar;
import dev.berth.core.model.schema.Shape.Struct;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/**
 * The shapes of kinds in the words of OpenAPI: for {@code kubectl explain}, and for {@code kubectl
 * apply}, which learns here what tells the elements of a list apart.
 */
final class OpenApiSchemas {
  /** Clients show what follows after the last dot. */
  private static final String PREFIX = "dev.berth.";

  private final Map<String, ObjectNode> schemas = new LinkedHashMap<>();
  private final Deque<Struct> found = new ArrayDeque<>();

  /** Adds a kind, and whatever it is made of. */
  void add(ResourceType type) {
    var root = Schemas.of(type);
    found.add(root);
    while (!found.isEmpty()) {
      describe(found.remove());
    }
    Objects.requireNonNull(schemas.get(PREFIX + root.name()))
        .putArray("x-kubernetes-group-version-kind")
        .addObject()
        .put("group", type.group())
        .put("version", type.version())
        .put("kind", type.kind());
  }

  /** All that was added, by name. */
  ObjectNode all() {
    var all = Json.object();
    schemas.forEach(all::set);
    return all;
  }

  private void describe(Struct struct) {
    if (schemas.containsKey(PREFIX + struct.name())) {
      return;
    }
    var schema = Json.object();
    schemas.put(PREFIX + struct.name(), schema);
    schema.put("type", "object");
    var properties = schema.putObject("properties");
    struct.fields().forEach((name, shape) -> properties.set(name, schema(shape)));
  }

  private ObjectNode schema(Shape shape) {
    var schema = Json.object();
    switch (shape) {
      case Scalar scalar -> scalar(scalar, schema);
      case Shape.Anything() -> {}
      case Shape.Opaque() -> schema.put("type", "object");
      case Shape.MapOf(var values) ->
          schema.put("type", "object").set("additionalProperties", schema(values));
      case Shape.ListOf(var items, var merge) -> {
        schema.put("type", "array").set("items", schema(items));
        merge(merge, schema);
      }
      case Struct struct -> {
        found.add(struct);
        var reference = "#/components/schemas/" + PREFIX + struct.name();
        schema.putArray("allOf").addObject().put("$ref", reference);
      }
    }
    return schema;
  }

  private static void merge(Shape.ListMerge merge, ObjectNode list) {
    switch (merge) {
      case Shape.Atomic() -> {}
      case Shape.AsSet() -> list.put("x-kubernetes-patch-strategy", "merge");
      case Shape.ByKey(var key, var retainKeys) ->
          list.put("x-kubernetes-patch-strategy", retainKeys ? "merge,retainKeys" : "merge")
              .put("x-kubernetes-patch-merge-key", key);
    }
  }

  private static void scalar(Scalar scalar, ObjectNode schema) {
    switch (scalar) {
      case TEXT -> schema.put("type", "string");
      case INT, PRIORITY -> schema.put("type", "integer").put("format", "int32");
      case LONG -> schema.put("type", "integer").put("format", "int64");
      case FLAG -> schema.put("type", "boolean");
      case TIME, MICRO_TIME -> schema.put("type", "string").put("format", "date-time");
      case BYTES -> schema.put("type", "string").put("format", "byte");
      case QUANTITY -> schema.put("type", "string");
      case TEXT_OR_INT -> schema.put("type", "string").put("format", "int-or-string");
    }
    if (scalar != Scalar.TEXT) {
      schema.put("description", scalar.phrase());
    }
  }
}
