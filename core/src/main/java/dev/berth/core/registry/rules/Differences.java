package dev.berth.core.registry.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tells what was changed that must not be. */
final class Differences {

  /** Enough to see what went wrong. */
  private static final int MOST = 10;

  private Differences() {}

  /** One line for each difference, each after a line break. */
  static String between(JsonNode old, JsonNode updated, String path) {
    var lines = new ArrayList<String>();
    compare(old, updated, path, lines);
    var text = new StringBuilder();
    lines.stream().limit(MOST).forEach(line -> text.append("\n  ").append(line));
    return text.toString();
  }

  private static void compare(JsonNode old, JsonNode updated, String path, List<String> lines) {
    if (old.equals(updated) || lines.size() >= MOST) {
      return;
    }
    if (old instanceof ObjectNode before && updated instanceof ObjectNode after) {
      var members = new TreeSet<>(before.propertyNames());
      members.addAll(after.propertyNames());
      for (var member : members) {
        compare(before.path(member), after.path(member), path + "." + member, lines);
      }
    } else if (old instanceof ArrayNode before
        && updated instanceof ArrayNode after
        && before.size() == after.size()) {
      for (var i = 0; i < before.size(); i++) {
        compare(before.get(i), after.get(i), path + "[" + i + "]", lines);
      }
    } else {
      lines.add(path + ": was " + shown(old) + ", would be " + shown(updated));
    }
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "absent" : value.toString();
  }
}
