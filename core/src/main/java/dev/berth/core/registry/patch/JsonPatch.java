package dev.berth.core.registry.patch;

import dev.berth.core.model.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON patches (RFC 6902): operations, one after the other, all of them or none. */
public final class JsonPatch {

  /** Most operations of a patch. */
  public static final int MOST_OPERATIONS = 10_000;

  /** Array elements that copies may add up to, so that a small patch cannot fill the memory. */
  private static final int MOST_COPIED_BYTES = 8 * 1024 * 1024;

  private JsonNode document;
  private long copiedBytes;

  private JsonPatch(JsonNode document) {
    this.document = document;
  }

  /**
   * The document after all operations; the argument is not changed.
   *
   * @throws PatchException when one cannot be done, or a test fails
   */
  public static ObjectNode apply(ObjectNode document, ArrayNode operations) throws PatchException {
    if (operations.size() > MOST_OPERATIONS) {
      throw new PatchException(
          "it has %d operations, at most %d are allowed"
              .formatted(operations.size(), MOST_OPERATIONS));
    }
    var patch = new JsonPatch(document.deepCopy());
    for (var i = 0; i < operations.size(); i++) {
      var operation = operations.get(i);
      try {
        patch.apply(operation);
      } catch (PatchException e) {
        throw new PatchException(
            "operation %d (%s %s): %s"
                .formatted(i, Json.text(operation, "op"), Json.text(operation, "path"), e.why()));
      }
    }
    if (patch.document instanceof ObjectNode result) {
      return result;
    }
    throw new PatchException("it leaves " + patch.document.getNodeType() + " instead of an object");
  }

  private void apply(JsonNode operation) throws PatchException {
    var path = pointer(operation, "path");
    switch (Json.text(operation, "op")) {
      case "add" -> add(path, value(operation));
      case "remove" -> remove(path);
      case "replace" -> {
        var value = value(operation);
        if (path.isEmpty()) {
          document = value;
        } else {
          remove(path);
          add(path, value);
        }
      }
      case "move" -> {
        var from = pointer(operation, "from");
        if (from.size() < path.size() && path.subList(0, from.size()).equals(from)) {
          throw new PatchException("a value cannot be moved into itself");
        }
        add(path, remove(from));
      }
      case "copy" -> {
        var copy = find(pointer(operation, "from")).deepCopy();
        copiedBytes += Json.write(copy).length;
        if (copiedBytes > MOST_COPIED_BYTES) {
          throw new PatchException("copies may add at most " + MOST_COPIED_BYTES + " bytes");
        }
        add(path, copy);
      }
      case "test" -> {
        if (!same(find(path), value(operation))) {
          throw new PatchException("the test failed: the value there is " + find(path));
        }
      }
      default -> throw new PatchException("op must be add, remove, replace, move, copy or test");
    }
  }

  private static JsonNode value(JsonNode operation) throws PatchException {
    var value = operation.get("value");
    if (value == null) {
      throw new PatchException("it has no value");
    }
    return value.deepCopy();
  }

  private static List<String> pointer(JsonNode operation, String member) throws PatchException {
    var text = operation.path(member);
    if (!text.isString()) {
      throw new PatchException("it has no " + member);
    }
    var pointer = text.stringValue();
    if (pointer.isEmpty()) {
      return List.of();
    }
    if (!pointer.startsWith("/")) {
      throw new PatchException(member + " '" + pointer + "' does not begin with /");
    }
    var steps = new ArrayList<String>();
    for (var step : pointer.substring(1).split("/", -1)) {
      steps.add(step.replace("~1", "/").replace("~0", "~"));
    }
    return steps;
  }

  private JsonNode find(List<String> path) throws PatchException {
    var node = document;
    for (var step : path) {
      node = child(node, step);
    }
    return node;
  }

  private static JsonNode child(JsonNode node, String step) throws PatchException {
    var child =
        node instanceof ArrayNode list
            ? list.get(index(list, step, list.size() - 1))
            : node.get(step);
    if (child == null) {
      throw new PatchException("there is no '" + step + "'");
    }
    return child;
  }

  private void add(List<String> path, JsonNode value) throws PatchException {
    if (path.isEmpty()) {
      document = value;
      return;
    }
    var step = path.getLast();
    switch (find(path.subList(0, path.size() - 1))) {
      case ObjectNode object -> object.set(step, value);
      case ArrayNode list -> {
        if (step.equals("-")) {
          list.add(value);
        } else {
          list.insert(index(list, step, list.size()), value);
        }
      }
      default -> throw new PatchException("'" + step + "' would be in a value that has no parts");
    }
  }

  private JsonNode remove(List<String> path) throws PatchException {
    if (path.isEmpty()) {
      throw new PatchException("the whole object cannot be removed");
    }
    var parent = find(path.subList(0, path.size() - 1));
    var removed = child(parent, path.getLast());
    if (parent instanceof ArrayNode list) {
      list.remove(index(list, path.getLast(), list.size() - 1));
    } else {
      ((ObjectNode) parent).remove(path.getLast());
    }
    return removed;
  }

  private static int index(ArrayNode list, String step, int most) throws PatchException {
    var plain = step.matches("0|[1-9][0-9]{0,8}");
    if (!plain || Integer.parseInt(step) > most) {
      throw new PatchException(
          "there is no element '%s' in a list of %d".formatted(step, list.size()));
    }
    return Integer.parseInt(step);
  }

  /** Equal as JSON values: numbers by their amount. */
  private static boolean same(JsonNode one, JsonNode other) {
    return one.equals(
        (left, right) ->
            left.isNumber() && right.isNumber()
                ? left.decimalValue().compareTo(right.decimalValue())
                : left.equals(right) ? 0 : 1,
        other);
  }
}
