package dev.berth.core.registry.patch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Where the elements of a list stand that was put together from two sides. */
final class ElementOrder {

  private ElementOrder() {}

  /** The place of the element whose {@code key} has the value; -1 when there is none. */
  static int indexOf(ArrayNode list, String key, JsonNode value) {
    for (var i = 0; i < list.size(); i++) {
      if (value.equals(list.get(i).get(key))) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Puts the elements that {@code order} names into its order. The others stay where they were in
   * relation to those.
   *
   * @param key by which elements are named; null for elements that are plain values
   */
  static void arrange(ArrayNode list, ArrayNode order, @Nullable String key) {
    var before = List.copyOf(list.values());
    var named = new ArrayList<JsonNode>();
    for (var name : order) {
      for (var element : before) {
        if (sameElement(element, name, key)) {
          named.add(element);
        }
      }
    }
    var arranged = new ArrayList<JsonNode>();
    var next = 0;
    for (var element : before) {
      if (named.contains(element)) {
        continue;
      }
      while (next < named.size() && before.indexOf(named.get(next)) < before.indexOf(element)) {
        arranged.add(named.get(next++));
      }
      arranged.add(element);
    }
    arranged.addAll(named.subList(next, named.size()));
    if (arranged.size() == list.size()) {
      list.removeAll().addAll(arranged);
    }
  }

  private static boolean sameElement(JsonNode element, JsonNode name, @Nullable String key) {
    if (key == null) {
      return element.equals(name);
    }
    var wanted = name.get(key);
    return wanted != null && wanted.equals(element.get(key));
  }
}
