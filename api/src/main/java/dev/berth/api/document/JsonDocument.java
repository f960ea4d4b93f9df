package dev.berth.api.document;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads JSON. */
public final class JsonDocument {
  private static final JsonFactory JSON = new JsonFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final JsonParser parser;
  private final Growth growth = new Growth();

  private JsonDocument(JsonParser parser) {
    this.parser = parser;
  }

  /**
   * Reads the only value of a text.
   *
   * @throws MalformedDocument when it is not JSON, or holds none or several values
   */
  public static Document read(byte[] text) {
    try (var parser = JSON.createParser(ObjectReadContext.empty(), text)) {
      return new JsonDocument(parser).document();
    } catch (JacksonException malformed) {
      var location = malformed.getLocation();
      throw MalformedDocument.at(
          location == null ? 0 : location.getLineNr(),
          location == null ? 0 : location.getColumnNr(),
          String.valueOf(malformed.getOriginalMessage()));
    }
  }

  private Document document() {
    var first = parser.nextToken();
    if (first == null) {
      throw new MalformedDocument("it is empty");
    }
    var value = value(first, "", 0);
    if (parser.nextToken() != null) {
      throw new MalformedDocument("it holds several documents; expected one");
    }
    return growth.document(value);
  }

  private JsonNode value(JsonToken token, String path, int depth) {
    growth.admit(depth);
    return switch (token) {
      case START_OBJECT -> object(path, depth);
      case START_ARRAY -> array(path, depth);
      case VALUE_STRING -> NODES.stringNode(parser.getString());
      case VALUE_NUMBER_INT -> whole();
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
          throw new IllegalStateException("no JSON value begins with " + token);
    };
  }

  private JsonNode whole() {
    return switch (parser.getNumberType()) {
      case INT -> NODES.numberNode(parser.getIntValue());
      case LONG -> NODES.numberNode(parser.getLongValue());
      case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL -> NODES.numberNode(parser.getBigIntegerValue());
    };
  }

  private ObjectNode object(String path, int depth) {
    var object = NODES.objectNode();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      var value = value(parser.nextToken(), Growth.below(path, name), depth + 1);
      growth.put(object, path, name, value);
    }
    return object;
  }

  private ArrayNode array(String path, int depth) {
    var array = NODES.arrayNode();
    for (var token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
      growth.add(array, path, value(token, path + "[" + array.size() + "]", depth + 1));
    }
    return array;
  }
}
