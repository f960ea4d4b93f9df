package dev.berth.api.document;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Keeps a tree within bounds while it is read, and remembers which fields came twice. */
final class Growth {
  /** Most values in a tree, those that aliases repeat included. */
  private static final int MOST_VALUES = 500_000;

  private static final int DEEPEST = 200;
  private static final int MOST_DUPLICATES = 20;

  private final List<String> duplicates = new ArrayList<>();
  private int values;

  /** A value is about to be added so many levels deep. */
  void admit(int depth) {
    values++;
    if (values > MOST_VALUES) {
      throw new MalformedDocument("it holds more than " + MOST_VALUES + " values");
    }
    if (depth > DEEPEST) {
      throw new MalformedDocument("it is nested more than " + DEEPEST + " levels deep");
    }
  }

  /** A whole tree is about to be added again. */
  void admit(JsonNode value, int depth) {
    admit(depth);
    for (var child : value) {
      admit(child, depth + 1);
    }
  }

  /** Puts a field that was read; the path names the object. */
  void put(ObjectNode object, String path, String name, JsonNode value) {
    requireReadable(below(path, name), value);
    if (object.replace(name, value) != null && duplicates.size() < MOST_DUPLICATES) {
      duplicates.add(below(path, name));
    }
  }

  /** Adds an item that was read; the path names the list. */
  void add(ArrayNode array, String path, JsonNode value) {
    requireReadable(path + "[" + array.size() + "]", value);
    array.add(value);
  }

  /** Clients read numbers as doubles: one that is none would spoil every list with the object. */
  private static void requireReadable(String path, JsonNode value) {
    if (value.isNumber() && !Double.isFinite(value.decimalValue().doubleValue())) {
      throw new MalformedDocument(
          path + ": expected a number of at most 1.8e308, found one that is out of range");
    }
  }

  static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  Document document(JsonNode value) {
    return new Document(value, duplicates);
  }
}
