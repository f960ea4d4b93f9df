package dev.berth.core.model.schema;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What may stand in a place of a document. */
public sealed interface Shape {

  /** Values without parts. */
  enum Scalar implements Shape {
    TEXT("a string"),
    /** A whole number of 32 bits. */
    INT("a whole number", "-2147483648 to 2147483647"),
    /** A whole number of 64 bits. */
    LONG("a whole number", "-9223372036854775808 to 9223372036854775807"),
    /** A priority: of 32 bits, of which users may not use all. */
    PRIORITY("a whole number", "-2147483648 to 1000000000 (above that are classes of the system)"),
    FLAG("true or false"),
    /** Seconds in UTC: {@code 2026-01-02T15:04:05Z}. */
    TIME("a time like 2026-01-02T15:04:05Z"),
    /** As a time, with microseconds. */
    MICRO_TIME("a time like 2026-01-02T15:04:05.000000Z"),
    /** Any bytes, written as base64. */
    BYTES("base64 text"),
    QUANTITY("a quantity like 10Gi"),
    TEXT_OR_INT("a string or a whole number", "-2147483648 to 2147483647");

    private final String phrase;
    private final String range;

    Scalar(String phrase) {
      this(phrase, "");
    }

    Scalar(String phrase, String range) {
      this.phrase = phrase;
      this.range = range;
    }

    /** What it is, for people who gave something else. */
    public String phrase() {
      return phrase;
    }

    /** What it is, for people who gave a number that is too large or too small. */
    public String phraseWithRange() {
      return range.isEmpty() ? phrase : phrase + " from " + range;
    }
  }

  /** Any JSON value. */
  record Anything() implements Shape {}

  /** A JSON object whose parts nobody here knows. */
  record Opaque() implements Shape {}

  /** An object whose keys users choose. */
  record MapOf(Shape values) implements Shape {}

  /** How a strategic patch treats a list that is there already. */
  sealed interface ListMerge {}

  /** The new list replaces the old one. */
  record Atomic() implements ListMerge {}

  /** What is new is appended; elements are plain values and occur once. */
  record AsSet() implements ListMerge {}

  /**
   * Elements with the same key merge.
   *
   * @param key the member that tells elements apart
   * @param retainKeys whether patches name the members that an element keeps
   */
  record ByKey(String key, boolean retainKeys) implements ListMerge {}

  record ListOf(Shape items, ListMerge merge) implements Shape {}

  /** An object with known fields. */
  final class Struct implements Shape {
    private final String name;
    private final Map<String, Shape> fields = new LinkedHashMap<>();

    Struct(String name) {
      this.name = name;
    }

    void add(String field, Shape shape) {
      if (fields.put(field, shape) != null) {
        throw new IllegalArgumentException(name + " has " + field + " twice");
      }
    }

    /** As Kubernetes calls it: {@code PodSpec}. */
    public String name() {
      return name;
    }

    public Map<String, Shape> fields() {
      return Collections.unmodifiableMap(fields);
    }

    /** The shape of a field; null when there is no such field. */
    public @Nullable Shape field(String field) {
      return fields.get(field);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Struct struct && struct.name.equals(name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
