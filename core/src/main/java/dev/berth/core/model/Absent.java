package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a missing field means where the view wants none to be null. */
final class Absent {
  private Absent() {}

  static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  static Map<String, String> map(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Map.copyOf(map);
  }

  static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
