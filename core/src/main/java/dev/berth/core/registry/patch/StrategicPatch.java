package dev.berth.core.registry.patch;

import dev.berth.core.model.Json;
import dev.berth.core.model.schema.Shape;
import dev.berth.core.model.schema.Shape.Struct;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Strategic merge patches: as merge patches, but lists that the kind's shape gives a key merge
 * element by element, and members that begin with a dollar sign say how:
 *
 * <ul>
 *   <li>{@code $patch}: {@code replace} an object (or, as an element of its own, a list), {@code
 *       delete} it, or {@code merge} as usual;
 *   <li>{@code $retainKeys}: which members an object keeps;
 *   <li>{@code $deleteFromPrimitiveList/x}: values to take out of the list x;
 *   <li>{@code $setElementOrder/x}: the order of the elements of x that the client knows.
 * </ul>
 */
public final class StrategicPatch {

  private static final String DIRECTIVE = "$patch";
  private static final String RETAIN = "$retainKeys";
  private static final String TAKE_OUT = "$deleteFromPrimitiveList/";
  private static final String ORDER = "$setElementOrder/";

  private StrategicPatch() {}

  /**
   * The document with the changes; no argument is changed.
   *
   * @throws PatchException when a directive or an element without its key makes no sense
   */
  public static ObjectNode apply(ObjectNode document, ObjectNode changes, Struct shape)
      throws PatchException {
    var result = document.deepCopy();
    merge(result, changes, shape, "");
    return result;
  }

  private static void merge(
      ObjectNode target, ObjectNode changes, @Nullable Shape shape, String path)
      throws PatchException {
    if (directive(changes, path).equals("replace")) {
      target.removeAll();
    }
    if (changes.get(RETAIN) instanceof ArrayNode kept) {
      target.retain(texts(kept));
    }
    for (var change : changes.properties()) {
      var name = change.getKey();
      if (name.startsWith(TAKE_OUT)) {
        takeOut(target, name.substring(TAKE_OUT.length()), change.getValue());
      }
    }
    for (var change : changes.properties()) {
      if (!change.getKey().startsWith("$")) {
        var child = path.isEmpty() ? change.getKey() : path + "." + change.getKey();
        mergeMember(
            target, change.getKey(), change.getValue(), part(shape, change.getKey()), child);
      }
    }
    for (var change : changes.properties()) {
      var name = change.getKey();
      if (name.startsWith(ORDER) && change.getValue() instanceof ArrayNode order) {
        var list = name.substring(ORDER.length());
        if (target.get(list) instanceof ArrayNode elements) {
          ElementOrder.arrange(elements, order, key(part(shape, list)));
        }
      }
    }
  }

  private static void mergeMember(
      ObjectNode target, String name, JsonNode change, @Nullable Shape shape, String path)
      throws PatchException {
    switch (change) {
      case ObjectNode nested -> {
        if (directive(nested, path).equals("delete")) {
          target.remove(name);
        } else {
          var present =
              target.get(name) instanceof ObjectNode object ? object : target.putObject(name);
          merge(present, nested, shape, path);
        }
      }
      case ArrayNode list -> {
        var present = target.get(name) instanceof ArrayNode array ? array : null;
        target.set(name, mergeList(present, list, shape, path));
      }
      default -> {
        if (change.isNull()) {
          target.remove(name);
        } else {
          target.set(name, change);
        }
      }
    }
  }

  private static ArrayNode mergeList(
      @Nullable ArrayNode present, ArrayNode changes, @Nullable Shape shape, String path)
      throws PatchException {
    if (!(shape instanceof Shape.ListOf(var items, var strategy))) {
      return changes.deepCopy();
    }
    var list = present == null ? Json.object().arrayNode() : present;
    return switch (strategy) {
      case Shape.Atomic atomic -> changes.deepCopy();
      case Shape.AsSet set -> {
        for (var change : changes) {
          if (!List.copyOf(list.values()).contains(change)) {
            list.add(change);
          }
        }
        yield list;
      }
      case Shape.ByKey(var key, var retainKeys) -> mergeByKey(list, changes, items, key, path);
    };
  }

  private static ArrayNode mergeByKey(
      ArrayNode list, ArrayNode changes, Shape items, String key, String path)
      throws PatchException {
    for (var change : changes) {
      if (change instanceof ObjectNode object
          && !object.has(key)
          && directive(object, path).equals("replace")) {
        list.removeAll();
      }
    }
    for (var change : changes) {
      if (!(change instanceof ObjectNode object)) {
        throw new PatchException(path + ": its elements must be objects, not " + change);
      }
      var directive = directive(object, path);
      var wanted = object.get(key);
      if (wanted == null || wanted.isNull()) {
        if (directive.equals("replace")) {
          continue;
        }
        throw new PatchException(path + ": an element has no " + key + ", by which it is found");
      }
      var at = ElementOrder.indexOf(list, key, wanted);
      if (directive.equals("delete")) {
        while (at >= 0) {
          list.remove(at);
          at = ElementOrder.indexOf(list, key, wanted);
        }
      } else {
        merge(at < 0 ? list.addObject() : (ObjectNode) list.get(at), object, items, path);
      }
    }
    return list;
  }

  private static void takeOut(ObjectNode target, String list, JsonNode values) {
    if (target.get(list) instanceof ArrayNode present) {
      var gone = List.copyOf(values.values());
      present.removeIf(gone::contains);
    }
  }

  private static String directive(ObjectNode changes, String path) throws PatchException {
    var directive = changes.get(DIRECTIVE);
    if (directive == null) {
      return "merge";
    }
    var text = directive.stringValue("");
    if (!List.of("merge", "replace", "delete").contains(text)) {
      throw new PatchException(
          "%s: $patch must be merge, replace or delete, not %s".formatted(path, directive));
    }
    return text;
  }

  private static @Nullable Shape part(@Nullable Shape shape, String name) {
    return switch (shape) {
      case Struct struct -> struct.field(name);
      case Shape.MapOf(var values) -> values;
      case null, default -> null;
    };
  }

  private static @Nullable String key(@Nullable Shape list) {
    return list instanceof Shape.ListOf(var items, Shape.ByKey(var key, var retainKeys))
        ? key
        : null;
  }

  private static List<String> texts(ArrayNode list) {
    var texts = new ArrayList<String>();
    list.forEach(item -> texts.add(item.stringValue("")));
    return texts;
  }
}
