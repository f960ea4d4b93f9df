package dev.berth.bin.config;

import dev.berth.bin.Spelling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The settings of one group as somebody wrote them. Each is asked for by its name and form; {@link
 * #all} refuses what was written and nobody asked for. What is left out, or null, has its default.
 *
 * <p>Read by hand: letting Jackson make records of them took 50 ms of every start.
 */
final class SettingsGroup {
  private final String prefix;
  private final ObjectNode written;
  private final TreeSet<String> known = new TreeSet<>();

  private SettingsGroup(String prefix, ObjectNode written) {
    this.prefix = prefix;
    this.written = written;
  }

  /** The outermost group. */
  static SettingsGroup of(ObjectNode settings) {
    return new SettingsGroup("", settings);
  }

  /** A group at a place that the messages name, for example {@code nodes[0]}. */
  static SettingsGroup at(String path, JsonNode found) {
    if (found instanceof ObjectNode group) {
      return new SettingsGroup(path + ".", group);
    }
    throw ConfigException.of(path, found, "a group of settings");
  }

  String text(String name, String otherwise) {
    var found = find(name);
    return found == null ? otherwise : scalar(prefix + name, found, "a text");
  }

  boolean flag(String name, boolean otherwise) {
    var found = find(name);
    if (found == null) {
      return otherwise;
    }
    return switch (scalar(prefix + name, found, "true or false")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ConfigException.of(prefix + name, found.asString(), "true or false");
    };
  }

  long count(String name, long otherwise) {
    var found = find(name);
    if (found == null) {
      return otherwise;
    }
    if (!found.isIntegralNumber() || !found.canConvertToLong()) {
      throw ConfigException.of(prefix + name, found.asString(""), "a whole number");
    }
    return found.longValue();
  }

  /** One of the constants of an enum, which are written in lower case. */
  <E extends Enum<E>> E choice(String name, E otherwise) {
    var found = find(name);
    return found == null
        ? otherwise
        : constant(prefix + name, found, otherwise.getDeclaringClass());
  }

  /**
   * @param element makes an element from its path and what is written there
   */
  <T> List<T> list(String name, List<T> otherwise, BiFunction<String, JsonNode, T> element) {
    var found = find(name);
    if (found == null) {
      return otherwise;
    }
    if (!(found instanceof ArrayNode array)) {
      throw ConfigException.of(prefix + name, found, "a list, for example [a, b]");
    }
    var elements = new ArrayList<T>();
    for (var n = 0; n < array.size(); n++) {
      elements.add(element.apply(prefix + name + "[" + n + "]", array.get(n)));
    }
    return elements;
  }

  /** Names with texts. */
  Map<String, String> texts(String name) {
    var found = find(name);
    if (found == null) {
      return Map.of();
    }
    if (!(found instanceof ObjectNode object)) {
      throw ConfigException.of(prefix + name, found, "names with values, for example {a: b}");
    }
    var texts = new LinkedHashMap<String, String>();
    object
        .properties()
        .forEach(
            entry ->
                texts.put(
                    entry.getKey(),
                    scalar(prefix + name + "." + entry.getKey(), entry.getValue(), "a text")));
    return texts;
  }

  /** A group in this one. */
  <T> T group(String name, T otherwise, Function<SettingsGroup, T> reader) {
    var found = find(name);
    return found == null ? otherwise : at(prefix + name, found).all(reader);
  }

  /**
   * What a reader makes of this group.
   *
   * @throws ConfigException when something is set that the reader did not ask for
   */
  <T> T all(Function<SettingsGroup, T> reader) {
    var result = reader.apply(this);
    for (var name : written.propertyNames()) {
      if (!known.contains(name)) {
        throw new ConfigException(
            "there is no setting "
                + prefix
                + name
                + Spelling.nearest(name, known)
                    .map(candidate -> "; did you mean " + candidate + "?")
                    .orElse("; there are " + String.join(", ", known)));
      }
    }
    return result;
  }

  static <E extends Enum<E>> E constant(String path, JsonNode found, Class<E> type) {
    var word = scalar(path, found, "a text");
    for (var constant : type.getEnumConstants()) {
      if (spelled(constant).equals(word)) {
        return constant;
      }
    }
    var all =
        Arrays.stream(type.getEnumConstants())
            .map(SettingsGroup::spelled)
            .collect(Collectors.joining(", "));
    throw ConfigException.of(path, word, all);
  }

  private static String spelled(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String scalar(String path, JsonNode found, String expected) {
    if (!found.isValueNode() || found.isNull()) {
      throw ConfigException.of(path, found, expected);
    }
    return found.asString();
  }

  private @Nullable JsonNode find(String name) {
    known.add(name);
    var found = written.get(name);
    return found == null || found.isNull() ? null : found;
  }
}
