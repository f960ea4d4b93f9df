package dev.berth.core.model;

import java.math.BigDecimal;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads and writes the stored documents. Trees keep everything that a client sent: unknown fields,
 * the order of members, numbers exactly. Records are views that take what they know and ignore the
 * rest.
 */
public final class Json {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(new SimpleModule().addDeserializer(String.class, new SharedText.Reader()))
          .build();

  private Json() {}

  /**
   * @throws JacksonException when the bytes are not one JSON value
   */
  public static JsonNode parse(byte[] json) {
    return MAPPER.readTree(json);
  }

  /**
   * @throws JacksonException when the bytes are not one JSON object
   */
  public static ObjectNode parseObject(byte[] json) {
    return MAPPER.readValue(json, ObjectNode.class);
  }

  /** Reads a document piece by piece, for those who need little of it. */
  public static JsonParser parser(byte[] json) {
    return MAPPER.createParser(json);
  }

  public static byte[] write(JsonNode node) {
    return MAPPER.writeValueAsBytes(node);
  }

  /**
   * @throws JacksonException when a field that the view knows has another type than it expects
   */
  public static <T> T view(byte[] document, Class<T> type) {
    return MAPPER.readValue(document, type);
  }

  /**
   * @throws JacksonException when a field that the view knows has another type than it expects
   */
  public static <T> T view(JsonNode document, Class<T> type) {
    return MAPPER.treeToValue(document, type);
  }

  /** The tree of a view or of any value of records, lists, maps, strings and numbers. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** The value at the end of a path of member names; a missing node when there is none. */
  public static JsonNode at(JsonNode node, String... path) {
    var found = node;
    for (var member : path) {
      found = found.path(member);
    }
    return found;
  }

  /** The string at the end of a path of member names; empty when there is none. */
  public static String text(JsonNode node, String... path) {
    return at(node, path).stringValue("");
  }

  static boolean isWhole(BigDecimal value) {
    return value.stripTrailingZeros().scale() <= 0;
  }
}
