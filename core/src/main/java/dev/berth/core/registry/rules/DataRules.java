package dev.berth.core.registry.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Pattern;

/** What values under keys have to be, whether they are secret or not. */
final class DataRules {

  /** All values of an object together, as bytes. */
  static final int MOST_BYTES = 1024 * 1024;

  private static final int LONGEST_KEY = 253;
  private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final String NOT_A_KEY =
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g."
          + " 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is"
          + " '[-._a-zA-Z0-9]+')";

  private DataRules() {}

  /** A key is the name of a file wherever the object is mounted. */
  static void checkKey(Field at, String key, Problems problems) {
    if (key.length() > LONGEST_KEY) {
      problems.invalid(at, key, "must be no more than 253 characters");
    }
    if (!KEY.matcher(key).matches()) {
      problems.invalid(at, key, NOT_A_KEY);
    } else if (key.equals(".")) {
      problems.invalid(at, key, "must not be '.'");
    } else if (key.startsWith("..")) {
      problems.invalid(at, key, key.equals("..") ? "must not be '..'" : "must not start with '..'");
    }
  }

  /** The size of the values of a map of text. */
  static long textBytes(Field map) {
    return map.entries().stream().mapToLong(entry -> entry.text().getBytes(UTF_8).length).sum();
  }

  /** The size of the values of a map of base64, which were found to be in canonical form. */
  static long bytes(Field map) {
    return map.entries().stream().mapToLong(entry -> decodedLength(entry.text())).sum();
  }

  private static long decodedLength(String base64) {
    var padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
    return base64.length() / 4 * 3L - padding;
  }

  /** What was declared immutable stays so, and so do its values. */
  static void checkImmutable(Field old, Field updated, Problems problems, String... maps) {
    if (!old.child("immutable").flag()) {
      return;
    }
    if (!updated.child("immutable").flag()) {
      forbid(updated.child("immutable"), problems);
    }
    for (var map : maps) {
      var before = old.child(map);
      var after = updated.child(map);
      var same =
          before.value().isEmpty() ? after.value().isEmpty() : before.value().equals(after.value());
      if (!same) {
        forbid(after, problems);
      }
    }
  }

  private static void forbid(Field field, Problems problems) {
    problems.forbidden(field, "field is immutable when `immutable` is set");
  }
}
