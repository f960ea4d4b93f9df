package dev.berth.core.model.schema;

import dev.berth.core.model.schema.Shape.Struct;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads descriptions of structures like
 *
 * <pre>
 * Taint = key text, value text, effect text, timeAdded time;
 * PodSpec = containers []Container(name), nodeSelector {}text, finalizers []text(set);
 * </pre>
 *
 * where {@code []} begins a list, {@code {}} a map; a list's key for strategic merging, or {@code
 * set}, is in parentheses, with an exclamation mark when its elements have retain keys.
 */
final class SchemaText {

  private static final Map<String, Shape> SCALARS =
      Map.ofEntries(
          Map.entry("text", Shape.Scalar.TEXT),
          Map.entry("int", Shape.Scalar.INT),
          Map.entry("priority", Shape.Scalar.PRIORITY),
          Map.entry("long", Shape.Scalar.LONG),
          Map.entry("flag", Shape.Scalar.FLAG),
          Map.entry("time", Shape.Scalar.TIME),
          Map.entry("micro", Shape.Scalar.MICRO_TIME),
          Map.entry("quantity", Shape.Scalar.QUANTITY),
          Map.entry("bytes", Shape.Scalar.BYTES),
          Map.entry("textOrInt", Shape.Scalar.TEXT_OR_INT),
          Map.entry("any", new Shape.Anything()),
          Map.entry("object", new Shape.Opaque()));

  private final Map<String, Struct> structs = new HashMap<>();
  private final Set<String> defined = new HashSet<>();

  /** Reads the texts, which may refer to each other. */
  static Map<String, Struct> read(String... texts) {
    var schema = new SchemaText();
    for (var text : texts) {
      for (var definition : text.split(";")) {
        if (!definition.isBlank()) {
          schema.define(definition);
        }
      }
    }
    schema.structs.keySet().removeAll(schema.defined);
    if (!schema.structs.isEmpty()) {
      throw new IllegalArgumentException("undefined structures: " + schema.structs.keySet());
    }
    return Map.copyOf(schema.results);
  }

  private final Map<String, Struct> results = new HashMap<>();

  private void define(String definition) {
    var equals = definition.indexOf('=');
    var name = definition.substring(0, equals).strip();
    if (!defined.add(name)) {
      throw new IllegalArgumentException(name + " is defined twice");
    }
    var struct = structs.computeIfAbsent(name, Struct::new);
    results.put(name, struct);
    for (var field : definition.substring(equals + 1).split(",")) {
      var words = field.strip().split("\\s+");
      if (words.length != 2) {
        throw new IllegalArgumentException(name + ": a field is a name and a type: " + field);
      }
      struct.add(words[0], shape(words[1]));
    }
  }

  private Shape shape(String type) {
    if (type.startsWith("{}")) {
      return new Shape.MapOf(shape(type.substring(2)));
    }
    if (type.startsWith("[]")) {
      var open = type.indexOf('(');
      return open < 0
          ? new Shape.ListOf(shape(type.substring(2)), new Shape.Atomic())
          : new Shape.ListOf(
              shape(type.substring(2, open)), merge(type.substring(open + 1, type.length() - 1)));
    }
    var scalar = SCALARS.get(type);
    return scalar != null ? scalar : structs.computeIfAbsent(type, Struct::new);
  }

  private static Shape.ListMerge merge(String text) {
    if (text.equals("set")) {
      return new Shape.AsSet();
    }
    var retainKeys = text.endsWith("!");
    return new Shape.ByKey(retainKeys ? text.substring(0, text.length() - 1) : text, retainKeys);
  }
}
