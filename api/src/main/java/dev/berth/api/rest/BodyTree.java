package dev.berth.api.rest;

import dev.berth.core.registry.Rejection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * The value that a body holds.
 *
 * @param value exactly as it was sent; of a field that occurs twice, the last
 * @param duplicates the paths of such fields, like {@code spec.volumeName}
 */
record BodyTree(JsonNode value, List<String> duplicates) {

  /**
   * Reads the only value of a document.
   *
   * @throws tools.jackson.core.JacksonException when it is malformed
   * @throws Rejection when there are several, or none
   */
  static BodyTree read(JsonParser parser) {
    var reading = new Reading(parser);
    var first = parser.nextToken();
    if (first == null) {
      throw StatusBody.badRequest("the body of the request is empty; expected an object");
    }
    var value = reading.value(first, "", 0);
    if (parser.nextToken() != null) {
      throw StatusBody.badRequest(
          "the body of the request holds several documents; send one in each request");
    }
    return new BodyTree(value, List.copyOf(reading.duplicates));
  }

  /** One reading of a token stream. */
  private static final class Reading {
    /** Most values in a tree, those that aliases repeat included. */
    private static final int MOST_VALUES = 500_000;

    private static final int DEEPEST = 200;
    private static final int MOST_DUPLICATES = 20;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonParser parser;
    private final Map<String, JsonNode> anchors = new HashMap<>();
    private final List<String> duplicates = new ArrayList<>();
    private int values;

    Reading(JsonParser parser) {
      this.parser = parser;
    }

    JsonNode value(JsonToken token, String path, int depth) {
      admit(depth);
      var yaml = parser instanceof YAMLParser parsesYaml ? parsesYaml : null;
      if (yaml != null && yaml.isCurrentAlias()) {
        return repeated(parser.getString(), depth);
      }
      var anchor = yaml == null ? null : yaml.getObjectId();
      var value =
          switch (token) {
            case START_OBJECT -> object(path, depth);
            case START_ARRAY -> array(path, depth);
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_NUMBER_INT -> whole();
            case VALUE_NUMBER_FLOAT -> fraction();
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw StatusBody.badRequest("the body of the request holds an unexpected " + token);
          };
      if (anchor != null) {
        anchors.put(anchor.toString(), value);
      }
      return value;
    }

    private JsonNode whole() {
      return switch (parser.getNumberType()) {
        case INT -> NODES.numberNode(parser.getIntValue());
        case LONG -> NODES.numberNode(parser.getLongValue());
        default -> NODES.numberNode(parser.getBigIntegerValue());
      };
    }

    private JsonNode fraction() {
      if (parser.isNaN()) {
        throw StatusBody.badRequest(
            "the body of the request holds the number "
                + parser.getString()
                + ", which JSON has not");
      }
      return NODES.numberNode(parser.getDecimalValue());
    }

    private ObjectNode object(String path, int depth) {
      var object = NODES.objectNode();
      JsonNode merged = null;
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        var at = path.isEmpty() ? name : path + "." + name;
        var token = next();
        var alias = parser instanceof YAMLParser yaml && yaml.isCurrentAlias();
        var value = value(token, at, depth + 1);
        if (alias && name.equals("<<")) {
          merged = value;
        } else if (object.replace(name, value) != null && duplicates.size() < MOST_DUPLICATES) {
          duplicates.add(at);
        }
      }
      if (merged != null) {
        merge(object, merged);
      }
      return object;
    }

    /** What YAML's {@code <<: *anchor} means: fields that are not there already. */
    private static void merge(ObjectNode object, JsonNode merged) {
      if (!(merged instanceof ObjectNode fields)) {
        throw StatusBody.badRequest("only a mapping can be merged with \"<<\"");
      }
      fields.properties().forEach(field -> object.putIfAbsent(field.getKey(), field.getValue()));
    }

    private ArrayNode array(String path, int depth) {
      var array = NODES.arrayNode();
      for (var token = next(); token != JsonToken.END_ARRAY; token = next()) {
        array.add(value(token, path + "[" + array.size() + "]", depth + 1));
      }
      return array;
    }

    private JsonToken next() {
      var token = parser.nextToken();
      if (token == null) {
        throw StatusBody.badRequest("the body of the request ends too early");
      }
      return token;
    }

    private JsonNode repeated(@Nullable String anchor, int depth) {
      var value = anchor == null ? null : anchors.get(anchor);
      if (value == null) {
        throw StatusBody.badRequest(
            "the body of the request refers to *%s, which is not defined before".formatted(anchor));
      }
      admit(value, depth);
      return value.deepCopy();
    }

    private void admit(JsonNode value, int depth) {
      admit(depth);
      for (var child : value) {
        admit(child, depth + 1);
      }
    }

    private void admit(int depth) {
      values++;
      if (values > MOST_VALUES) {
        throw StatusBody.badRequest(
            "the body of the request holds more than " + MOST_VALUES + " values");
      }
      if (depth > DEEPEST) {
        throw StatusBody.badRequest(
            "the body of the request is nested more than " + DEEPEST + " levels deep");
      }
    }
  }
}
