package dev.berth.api.rest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A message of Kubernetes' protobuf form, described by the fields that matter: turns its bytes into
 * the JSON object that means the same. Other fields are passed over.
 */
final class ProtobufMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;
  private static final int FIXED32 = 5;
  private static final int LONGEST_VARINT_BITS = 64;

  /** Of a map. */
  private static final ProtobufMessage ENTRY =
      new ProtobufMessage().text(1, "key").text(2, "value");

  /** Of a map whose values are any bytes. */
  private static final ProtobufMessage BYTES_ENTRY =
      new ProtobufMessage().text(1, "key").with(2, new Field("value", Form.BYTES, null));

  private enum Form {
    TEXT,
    BYTES,
    TEXTS,
    WHOLE,
    FLAG,
    MESSAGE,
    MESSAGES,
    TEXT_BY_TEXT,
    BYTES_BY_TEXT
  }

  private record Field(String name, Form form, @Nullable ProtobufMessage message) {}

  private final Map<Integer, Field> fields = new HashMap<>();

  ProtobufMessage text(int number, String name) {
    return with(number, new Field(name, Form.TEXT, null));
  }

  ProtobufMessage texts(int number, String name) {
    return with(number, new Field(name, Form.TEXTS, null));
  }

  ProtobufMessage whole(int number, String name) {
    return with(number, new Field(name, Form.WHOLE, null));
  }

  ProtobufMessage flag(int number, String name) {
    return with(number, new Field(name, Form.FLAG, null));
  }

  ProtobufMessage message(int number, String name, ProtobufMessage message) {
    return with(number, new Field(name, Form.MESSAGE, message));
  }

  ProtobufMessage messages(int number, String name, ProtobufMessage message) {
    return with(number, new Field(name, Form.MESSAGES, message));
  }

  ProtobufMessage textByText(int number, String name) {
    return with(number, new Field(name, Form.TEXT_BY_TEXT, null));
  }

  ProtobufMessage bytesByText(int number, String name) {
    return with(number, new Field(name, Form.BYTES_BY_TEXT, null));
  }

  private ProtobufMessage with(int number, Field field) {
    fields.put(number, field);
    return this;
  }

  /**
   * @throws IllegalArgumentException with the place, when the bytes are not such a message
   */
  ObjectNode read(ByteBuffer bytes) {
    var object = JsonNodeFactory.instance.objectNode();
    while (bytes.hasRemaining()) {
      var tag = (int) varint(bytes);
      var field = fields.get(tag >>> 3);
      switch (tag & 7) {
        case VARINT -> number(object, field, varint(bytes));
        case FIXED64 -> skip(bytes, Long.BYTES);
        case FIXED32 -> skip(bytes, Integer.BYTES);
        case DELIMITED -> content(object, field, delimited(bytes));
        default -> throw unknown(tag, bytes);
      }
    }
    return object;
  }

  /** The bytes of the last delimited field of a number; empty when there is none. */
  static ByteBuffer field(ByteBuffer bytes, int number) {
    var found = ByteBuffer.allocate(0);
    var rest = bytes.slice();
    while (rest.hasRemaining()) {
      var tag = (int) varint(rest);
      switch (tag & 7) {
        case VARINT -> varint(rest);
        case FIXED64 -> skip(rest, Long.BYTES);
        case FIXED32 -> skip(rest, Integer.BYTES);
        case DELIMITED -> {
          var content = delimited(rest);
          found = tag >>> 3 == number ? content : found;
        }
        default -> throw unknown(tag, rest);
      }
    }
    return found;
  }

  private static ByteBuffer delimited(ByteBuffer bytes) {
    var length = Math.clamp(varint(bytes), -1, Integer.MAX_VALUE);
    var content = bytes.slice();
    skip(bytes, length);
    return content.limit(length);
  }

  private static IllegalArgumentException unknown(int tag, ByteBuffer bytes) {
    return new IllegalArgumentException(
        "unknown wire type %d at byte %d".formatted(tag & 7, bytes.position()));
  }

  private static void number(ObjectNode object, @Nullable Field field, long value) {
    if (field == null) {
      return;
    }
    switch (field.form()) {
      case WHOLE -> object.put(field.name(), value);
      case FLAG -> object.put(field.name(), value != 0);
      case TEXT, BYTES, TEXTS, MESSAGE, MESSAGES, TEXT_BY_TEXT, BYTES_BY_TEXT ->
          throw unexpected(field);
    }
  }

  private static void content(ObjectNode object, @Nullable Field field, ByteBuffer content) {
    if (field == null) {
      return;
    }
    switch (field.form()) {
      case TEXT -> {
        if (content.hasRemaining()) {
          object.put(field.name(), string(content));
        }
      }
      case TEXTS -> object.withArray(field.name()).add(string(content));
      case MESSAGE -> object.set(field.name(), nested(field).read(content));
      case MESSAGES -> object.withArray(field.name()).add(nested(field).read(content));
      case BYTES -> object.put(field.name(), base64(content));
      case TEXT_BY_TEXT -> entry(object, field, ENTRY.read(content));
      case BYTES_BY_TEXT -> entry(object, field, BYTES_ENTRY.read(content));
      case WHOLE, FLAG -> throw unexpected(field);
    }
  }

  private static void entry(ObjectNode object, Field field, ObjectNode entry) {
    object
        .withObject(field.name())
        .put(entry.path("key").asString(""), entry.path("value").asString(""));
  }

  private static String base64(ByteBuffer content) {
    var bytes = new byte[content.remaining()];
    content.get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static ProtobufMessage nested(Field field) {
    if (field.message() == null) {
      throw unexpected(field);
    }
    return field.message();
  }

  private static IllegalArgumentException unexpected(Field field) {
    return new IllegalArgumentException(field.name() + " has another wire type than expected");
  }

  private static String string(ByteBuffer content) {
    return StandardCharsets.UTF_8.decode(content).toString();
  }

  private static long varint(ByteBuffer bytes) {
    var value = 0L;
    for (var shift = 0; shift < LONGEST_VARINT_BITS; shift += 7) {
      if (!bytes.hasRemaining()) {
        break;
      }
      var octet = bytes.get();
      value |= (long) (octet & 0x7f) << shift;
      if (octet >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number does not end at byte " + bytes.position());
  }

  private static void skip(ByteBuffer bytes, int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new IllegalArgumentException(
          "%d bytes expected at byte %d, %d left"
              .formatted(length, bytes.position(), bytes.remaining()));
    }
    bytes.position(bytes.position() + length);
  }
}
