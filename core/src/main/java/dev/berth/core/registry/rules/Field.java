package dev.berth.core.registry.rules;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/**
 * A place in a document: what is there (a missing node for nothing), and the way to it for those
 * who have something to say about it.
 */
public final class Field {

  private final @Nullable Field parent;
  private final String step;
  private final JsonNode value;

  private Field(@Nullable Field parent, String step, JsonNode value) {
    this.parent = parent;
    this.step = step;
    this.value = value;
  }

  /** The document as a whole. */
  public static Field root(JsonNode document) {
    return new Field(null, "", document);
  }

  public Field child(String member) {
    return new Field(this, parent == null ? member : "." + member, value.path(member));
  }

  /** The field at the end of a path of member names. */
  public Field at(String... path) {
    var field = this;
    for (var member : path) {
      field = field.child(member);
    }
    return field;
  }

  /** The entry of a map, whose keys users choose. */
  public Field key(String key) {
    return new Field(this, "[" + key + "]", value.path(key));
  }

  /** The elements of a list; none when there is no list. */
  public List<Field> items() {
    var items = new ArrayList<Field>(value.size());
    if (value.isArray()) {
      for (var i = 0; i < value.size(); i++) {
        items.add(new Field(this, "[" + i + "]", value.get(i)));
      }
    }
    return items;
  }

  /** The entries of a map; none when there is no map. */
  public List<Field> entries() {
    var entries = new ArrayList<Field>(value.size());
    for (var entry : value.properties()) {
      entries.add(new Field(this, "[" + entry.getKey() + "]", entry.getValue()));
    }
    return entries;
  }

  /** The key of one of a map's {@link #entries}. */
  public String name() {
    return step.substring(1, step.length() - 1);
  }

  public JsonNode value() {
    return value;
  }

  public boolean absent() {
    return value.isMissingNode() || value.isNull();
  }

  public boolean present() {
    return !absent();
  }

  /** The string here, empty when there is none. */
  public String text() {
    return value.stringValue("");
  }

  public boolean flag() {
    return value.booleanValue(false);
  }

  /** The integer here, {@code otherwise} when there is none. */
  public long number(long otherwise) {
    return value.longValue(otherwise);
  }

  public String path() {
    return parent == null ? step : parent.path() + step;
  }

  static String quoted(String text) {
    return StringNode.valueOf(text).toString();
  }

  /** The value as an error message quotes it. */
  String quoted() {
    return absent() ? "null" : value.toString();
  }
}
