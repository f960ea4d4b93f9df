package dev.berth.core.registry.patch;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** Merge patches (RFC 7386): members replace, objects merge, null removes. */
public final class MergePatch {

  private MergePatch() {}

  /** The document with the changes; neither argument is changed. */
  public static ObjectNode apply(ObjectNode document, ObjectNode changes) {
    var result = document.deepCopy();
    merge(result, changes);
    return result;
  }

  private static void merge(ObjectNode target, ObjectNode changes) {
    for (var change : changes.properties()) {
      var member = change.getKey();
      switch (change.getValue()) {
        case ObjectNode nested -> {
          if (!(target.get(member) instanceof ObjectNode)) {
            target.putObject(member);
          }
          merge((ObjectNode) target.get(member), nested);
        }
        case NullNode gone -> target.remove(member);
        case JsonNode value -> target.set(member, value.deepCopy());
      }
    }
  }
}
