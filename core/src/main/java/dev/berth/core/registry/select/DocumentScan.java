package dev.berth.core.registry.select;

import dev.berth.core.model.Json;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Takes a few texts out of a document without making a tree of it: parts that nobody asked for are
 * skipped, and nothing is read after the last one that was.
 */
final class DocumentScan {

  static final String LABELS = "metadata.labels";

  /** What was found. */
  static final class Found {
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();
    private int outstanding;

    /** Empty when the object has no labels or nobody asked for them. */
    Map<String, String> labels() {
      return labels;
    }

    /** The scalar at the path as text; empty when there is none. */
    String text(String path) {
      return texts.getOrDefault(path, "");
    }
  }

  /** A place on the way to something wanted, or (with a path) the wanted thing itself. */
  private static final class Step {
    private final Map<String, Step> next = new HashMap<>();
    private String path = "";
  }

  private final Step root = new Step();
  private int wanted;

  void want(String path) {
    var step = root;
    for (var member : path.split("\\.")) {
      step = step.next.computeIfAbsent(member, m -> new Step());
    }
    if (step.path.isEmpty()) {
      step.path = path;
      wanted++;
    }
  }

  Found read(byte[] document) {
    var found = new Found();
    found.outstanding = wanted;
    try (var parser = Json.parser(document)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        readObject(parser, root, found);
      }
    }
    return found;
  }

  private static void readObject(JsonParser parser, Step at, Found found) {
    while (found.outstanding > 0 && parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var step = at.next.get(parser.currentName());
      var token = parser.nextToken();
      if (step == null) {
        parser.skipChildren();
      } else if (step.path.equals(LABELS)) {
        readLabels(parser, found);
        found.outstanding--;
      } else if (token == JsonToken.START_OBJECT) {
        readObject(parser, step, found);
      } else if (token.isScalarValue() && !step.path.isEmpty()) {
        found.texts.put(step.path, token == JsonToken.VALUE_NULL ? "" : parser.getString());
        found.outstanding--;
      } else {
        parser.skipChildren();
      }
    }
  }

  private static void readLabels(JsonParser parser, Found found) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return;
    }
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var key = parser.currentName();
      parser.nextToken();
      found.labels.put(key, parser.getString());
    }
  }
}
