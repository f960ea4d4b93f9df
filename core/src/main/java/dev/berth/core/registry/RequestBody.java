package dev.berth.core.registry;

import dev.berth.core.model.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a client sent, as a tree; of a field that occurs twice the last value counts.
 *
 * @param duplicateFields the paths of such fields, for {@link WriteOptions#duplicateFields}
 */
public record RequestBody(ObjectNode object, List<String> duplicateFields) {

  /**
   * @throws Rejection (400) when the bytes are not one JSON object; it says where they go wrong
   */
  public static RequestBody parse(byte[] json) {
    var duplicates = new ArrayList<String>();
    try (var parser = Json.parser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw Rejections.badRequest("the body must be a JSON object");
      }
      var object = object(parser, "", duplicates);
      if (parser.nextToken() != null) {
        throw Rejections.badRequest("the body must be one JSON object, but goes on after it");
      }
      return new RequestBody(object, List.copyOf(duplicates));
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw Rejections.badRequest(
          "the body is not valid JSON: line %d, column %d: %s"
              .formatted(
                  at == null ? 1 : at.getLineNr(),
                  at == null ? 1 : at.getColumnNr(),
                  e.getOriginalMessage()));
    }
  }

  private static ObjectNode object(JsonParser parser, String path, List<String> duplicates) {
    var object = Json.object();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      var child = path.isEmpty() ? name : path + "." + name;
      parser.nextToken();
      if (object.replace(name, value(parser, child, duplicates)) != null) {
        duplicates.add(child);
      }
    }
    return object;
  }

  private static JsonNode value(JsonParser parser, String path, List<String> duplicates) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, path, duplicates);
      case START_ARRAY -> array(parser, path, duplicates);
      default -> parser.readValueAsTree();
    };
  }

  private static ArrayNode array(JsonParser parser, String path, List<String> duplicates) {
    var array = Json.object().arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser, path + "[" + array.size() + "]", duplicates));
    }
    return array;
  }
}
