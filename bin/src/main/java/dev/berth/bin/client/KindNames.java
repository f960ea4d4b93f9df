package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What people call the kinds: {@code pv}, {@code pods}, {@code StorageClass}, … */
final class KindNames {

  private KindNames() {}

  /** The kind that {@code word} names: plural, singular, short, the kind, with or without group. */
  static ResourceType named(String word) {
    var wanted = word.toLowerCase(Locale.ROOT);
    for (var type : ResourceTypes.ALL) {
      if (type.plural().equals(wanted)
          || type.singular().equals(wanted)
          || type.shortNames().contains(wanted)
          || type.resource().equals(wanted)
          || (type.singular() + "." + type.group()).equals(wanted)) {
        return type;
      }
    }
    throw ClientException.usage(
        "no kind is called \""
            + word
            + "\"; there are "
            + ResourceTypes.ALL.stream()
                .map(ResourceType::plural)
                .collect(Collectors.joining(", ")));
  }

  /** The kind of a manifest. */
  static ResourceType of(JsonNode object, String source) {
    var apiVersion = object.path("apiVersion").asString("");
    var kind = object.path("kind").asString("");
    if (apiVersion.isEmpty() || kind.isEmpty()) {
      throw ClientException.failed(
          source + ": an object needs apiVersion and kind, found " + shortened(object));
    }
    for (var type : ResourceTypes.ALL) {
      if (type.kind().equals(kind) && type.apiVersion().equals(apiVersion)) {
        return type;
      }
    }
    throw ClientException.failed(
        source + ": no kind \"" + kind + "\" in \"" + apiVersion + "\" is served");
  }

  /** How an object is named in what commands print: {@code persistentvolume/pv-1}. */
  static String title(ResourceType type, String name) {
    var group = type.group().isEmpty() ? "" : "." + type.group();
    return type.singular() + group + "/" + name;
  }

  private static String shortened(JsonNode object) {
    var text = object.toString();
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }
}
