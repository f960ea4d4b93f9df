package dev.berth.core.model.schema;

import dev.berth.core.model.Quantity;
import dev.berth.core.model.schema.Shape.Scalar;
import dev.berth.core.model.schema.Shape.Struct;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Compares a document with the shape of its kind and brings what is known of it into its canonical
 * form: quantities and times in the one way that they are stored, nulls left out. What is unknown
 * stays as it is.
 */
public final class Conformance {

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** Most findings of each sort; who has more of them has enough to repair. */
  private static final int MOST = 50;

  private final List<String> mismatches = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();
  private final StringBuilder path = new StringBuilder();

  private Conformance() {}

  /** Checks {@code document}, and changes it to its canonical form in place. */
  public static Conformance normalise(Struct shape, ObjectNode document) {
    var conformance = new Conformance();
    conformance.struct(shape, document);
    return conformance;
  }

  /** Values of another type than their fields have: {@code spec.x: expected …, found …}. */
  public List<String> mismatches() {
    return List.copyOf(mismatches);
  }

  /** The paths of fields that the kind does not have. */
  public List<String> unknown() {
    return List.copyOf(unknown);
  }

  private void struct(Struct shape, ObjectNode object) {
    List<String> nulls = null;
    for (var member : object.properties()) {
      var field = shape.field(member.getKey());
      var length = enter(member.getKey());
      if (field == null) {
        note(unknown, path.toString());
      } else if (member.getValue().isNull()) {
        nulls = nulls == null ? new ArrayList<>() : nulls;
        nulls.add(member.getKey());
      } else {
        member.setValue(value(field, member.getValue()));
      }
      path.setLength(length);
    }
    if (nulls != null) {
      object.remove(nulls);
    }
  }

  private int enter(String member) {
    var length = path.length();
    if (length > 0) {
      path.append('.');
    }
    path.append(member);
    return length;
  }

  /** The value in its canonical form; itself when it is in it already. */
  private JsonNode value(Shape shape, JsonNode value) {
    switch (shape) {
      case Shape.Anything any -> {}
      case Scalar scalar -> {
        return scalar(scalar, value);
      }
      case Shape.Opaque opaque -> object(value);
      case Struct struct -> {
        if (object(value)) {
          struct(struct, (ObjectNode) value);
        }
      }
      case Shape.MapOf(var values) -> {
        if (object(value)) {
          map(values, (ObjectNode) value);
        }
      }
      case Shape.ListOf(var items, var merge) -> {
        if (value instanceof ArrayNode list) {
          list(items, list);
        } else {
          mismatch("a list", value);
        }
      }
    }
    return value;
  }

  private boolean object(JsonNode value) {
    if (!value.isObject()) {
      mismatch("an object", value);
    }
    return value.isObject();
  }

  private void map(Shape values, ObjectNode map) {
    for (var entry : map.properties()) {
      var length = path.length();
      path.append('[').append(entry.getKey()).append(']');
      // A label or annotation without a value is an empty one.
      var value = entry.getValue();
      var nothing = value.isNull() && (values == Scalar.TEXT || values == Scalar.BYTES);
      var given = nothing ? StringNode.valueOf("") : value;
      entry.setValue(value(values, given));
      path.setLength(length);
    }
  }

  private void list(Shape items, ArrayNode list) {
    for (var i = 0; i < list.size(); i++) {
      var length = path.length();
      path.append('[').append(i).append(']');
      list.set(i, value(items, list.get(i)));
      path.setLength(length);
    }
  }

  private JsonNode scalar(Scalar scalar, JsonNode value) {
    var fits =
        switch (scalar) {
          case TEXT -> value.isString();
          case INT, PRIORITY -> value.isIntegralNumber() && value.canConvertToInt();
          case LONG -> value.isIntegralNumber() && value.canConvertToLong();
          case FLAG -> value.isBoolean();
          case TEXT_OR_INT ->
              value.isString() || (value.isIntegralNumber() && value.canConvertToInt());
          case QUANTITY -> value.isString() || value.isNumber();
          case TIME, MICRO_TIME, BYTES -> value.isString();
        };
    if (!fits) {
      mismatch(value.isIntegralNumber() ? scalar.phraseWithRange() : scalar.phrase(), value);
      return value;
    }
    return switch (scalar) {
      case QUANTITY -> quantity(value);
      case TIME, MICRO_TIME -> time(scalar, value);
      case BYTES -> bytes(value);
      case TEXT, INT, PRIORITY, LONG, FLAG, TEXT_OR_INT -> value;
    };
  }

  private JsonNode quantity(JsonNode value) {
    var text = value.isString() ? value.stringValue() : value.toString();
    try {
      var canonical = Quantity.parse(text).toString();
      return value.isString() && canonical.equals(text) ? value : StringNode.valueOf(canonical);
    } catch (IllegalArgumentException e) {
      note(mismatches, path + ": " + e.getMessage());
      return value;
    }
  }

  /** In one line; what was wrong is not quoted, because it may be secret. */
  private JsonNode bytes(JsonNode value) {
    var text = value.stringValue();
    try {
      var lines = text.replace("\n", "").replace("\r", "");
      var canonical = Base64.getEncoder().encodeToString(Base64.getDecoder().decode(lines));
      return canonical.equals(text) ? value : StringNode.valueOf(canonical);
    } catch (IllegalArgumentException e) {
      note(mismatches, path + ": expected " + Scalar.BYTES.phrase() + ", found other characters");
      return value;
    }
  }

  private JsonNode time(Scalar scalar, JsonNode value) {
    var text = value.stringValue();
    try {
      var moment = OffsetDateTime.parse(text).toInstant();
      var canonical = scalar == Scalar.TIME ? seconds(moment) : MICROS.format(moment);
      return canonical.equals(text) ? value : StringNode.valueOf(canonical);
    } catch (DateTimeException e) {
      mismatch(scalar.phrase(), value);
      return value;
    }
  }

  private static String seconds(Instant moment) {
    return moment.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private void mismatch(String expected, JsonNode found) {
    var described =
        switch (found.getNodeType()) {
          case ARRAY -> "a list";
          case OBJECT -> "an object";
          case STRING -> "the string " + shortened(found);
          case NUMBER -> "the number " + shortened(found);
          case BOOLEAN -> found.toString();
          case NULL, MISSING, BINARY, POJO -> "null";
        };
    note(mismatches, path + ": expected " + expected + ", found " + described);
  }

  private static String shortened(JsonNode value) {
    var text = value.toString();
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }

  private static void note(List<String> findings, String finding) {
    if (findings.size() < MOST) {
      findings.add(finding);
    }
  }
}
