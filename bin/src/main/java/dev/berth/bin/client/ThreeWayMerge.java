package dev.berth.bin.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.Json;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code apply} must change: a merge patch (RFC 7386) that sets what the manifest says,
 * removes what an earlier manifest said and this one no longer does, and leaves alone what others
 * have written. A list belongs to the manifest as a whole; it is left as it is when it already
 * holds what the manifest says, defaults of the server beside it.
 */
final class ThreeWayMerge {
  /** Where kubectl and we note the manifest that was applied last. */
  static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private ThreeWayMerge() {}

  /** The manifest as it is sent: with a note of itself. */
  static ObjectNode noted(ObjectNode manifest) {
    var bare = bare(manifest);
    var noted = bare.deepCopy();
    noted.withObject("/metadata/annotations").put(LAST_APPLIED, note(bare));
    return noted;
  }

  /** The patch that brings {@code live} to {@code manifest}; empty when nothing is to be done. */
  static ObjectNode patch(ObjectNode manifest, ObjectNode live) {
    var bare = bare(manifest);
    var note = live.path("metadata").path("annotations").path(LAST_APPLIED).asString("");
    var last = note.isEmpty() ? Json.object() : bare(Json.parseObject(note.getBytes(UTF_8)));
    var patch = difference(bare, live, last);
    if (!patch.isEmpty() || !last.equals(bare)) {
      patch.withObject("/metadata/annotations").put(LAST_APPLIED, note(bare));
    }
    return patch;
  }

  /** As kubectl writes it, to the byte: it takes any other form for a change. */
  private static String note(ObjectNode bare) {
    var noted = bare.deepCopy();
    noted.withObject("/metadata/annotations");
    return sorted(noted)
            .toString()
            .replace("&", "\\u0026")
            .replace("<", "\\u003c")
            .replace(">", "\\u003e")
        + "\n";
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ArrayNode list) {
      var result = list.arrayNode();
      list.forEach(element -> result.add(sorted(element)));
      return result;
    }
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    var result = object.objectNode();
    object
        .propertyStream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(member -> result.set(member.getKey(), sorted(member.getValue())));
    return result;
  }

  private static ObjectNode bare(ObjectNode manifest) {
    var bare = manifest.deepCopy();
    var metadata = bare.withObject("/metadata");
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(LAST_APPLIED);
      // kubectl notes an empty object where there are none; both mean the same.
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    return bare;
  }

  private static ObjectNode difference(ObjectNode wanted, ObjectNode live, ObjectNode last) {
    var patch = Json.object();
    for (var member : wanted.properties()) {
      var name = member.getKey();
      var value = member.getValue();
      if (value instanceof ObjectNode object && live.path(name) instanceof ObjectNode there) {
        var before = last.path(name) instanceof ObjectNode o ? o : Json.object();
        var nested = difference(object, there, before);
        if (!nested.isEmpty()) {
          patch.set(name, nested);
        }
      } else if (!holds(live.path(name), value, last.path(name))) {
        patch.set(name, value);
      }
    }
    for (var member : last.properties()) {
      if (!wanted.has(member.getKey()) && live.has(member.getKey())) {
        patch.putNull(member.getKey());
      }
    }
    return patch;
  }

  /** Whether {@code live} says all of {@code wanted}, and nothing that only {@code last} said. */
  private static boolean holds(JsonNode live, JsonNode wanted, JsonNode last) {
    if (wanted.isNull()) {
      return live.isMissingNode() || live.isNull();
    }
    if (wanted instanceof ObjectNode object && live instanceof ObjectNode there) {
      return difference(object, there, last instanceof ObjectNode o ? o : Json.object()).isEmpty();
    }
    if (wanted instanceof ArrayNode list && live instanceof ArrayNode there) {
      if (list.size() != there.size()) {
        return false;
      }
      for (var i = 0; i < list.size(); i++) {
        if (!holds(there.get(i), list.get(i), last.path(i))) {
          return false;
        }
      }
      return true;
    }
    return wanted.equals(live);
  }
}
