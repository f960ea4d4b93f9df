package dev.berth.api.rest;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** In which form a client wants to read objects. */
sealed interface Rendering {

  /** As they are. */
  record Objects() implements Rendering {}

  /** Only what every object has: PartialObjectMetadata and its list. */
  record Metadata(String version) implements Rendering {}

  /** As rows for people. */
  record Table(String version, Include include) implements Rendering {}

  /** What a table's row carries of its object. */
  enum Include {
    NONE,
    METADATA,
    OBJECT
  }

  /**
   * One entry of an Accept header.
   *
   * @param type the media type, in lower case
   */
  record Range(String type, Map<String, String> parameters, double quality) {

    boolean isJson() {
      return type.equals("application/json") || type.equals("*/*") || type.equals("application/*");
    }

    String parameter(String name) {
      return parameters.getOrDefault(name, "");
    }
  }

  /**
   * What an Accept header asks for first of what is spoken here.
   *
   * @param includeObject of the query, null for the default
   * @throws dev.berth.core.registry.Rejection when nothing of it is spoken
   */
  static Rendering negotiate(@Nullable String accept, @Nullable String includeObject) {
    for (var range : ranges(accept)) {
      if (range.isJson() && range.quality() > 0) {
        var rendering = of(range, includeObject);
        if (rendering != null) {
          return rendering;
        }
      }
    }
    throw StatusBody.notAcceptable();
  }

  /** The entries of an Accept header, what is liked best first. */
  static List<Range> ranges(@Nullable String accept) {
    if (accept == null || accept.isBlank()) {
      return List.of(new Range("*/*", Map.of(), 1));
    }
    var ranges = new ArrayList<Range>();
    for (var entry : accept.split(",")) {
      if (!entry.isBlank()) {
        ranges.add(range(entry));
      }
    }
    ranges.sort(Comparator.comparingDouble(Range::quality).reversed());
    return ranges;
  }

  private static Range range(String entry) {
    var parts = entry.split(";");
    var parameters = new HashMap<String, String>();
    for (var i = 1; i < parts.length; i++) {
      var equals = parts[i].indexOf('=');
      if (equals > 0) {
        parameters.put(
            parts[i].substring(0, equals).strip().toLowerCase(Locale.ROOT),
            parts[i].substring(equals + 1).strip());
      }
    }
    return new Range(
        parts.length == 0 ? "" : parts[0].strip().toLowerCase(Locale.ROOT),
        parameters,
        quality(parameters.get("q")));
  }

  private static double quality(@Nullable String q) {
    try {
      return q == null ? 1 : Double.parseDouble(q);
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private static @Nullable Rendering of(Range range, @Nullable String includeObject) {
    var as = range.parameter("as");
    if (as.isEmpty()) {
      return new Objects();
    }
    var version = range.parameter("v");
    if (!range.parameter("g").equals("meta.k8s.io")
        || !(version.equals("v1") || version.equals("v1beta1"))) {
      return null;
    }
    return switch (as) {
      case "Table" -> new Table(version, include(includeObject));
      case "PartialObjectMetadata", "PartialObjectMetadataList" -> new Metadata(version);
      default -> null;
    };
  }

  private static Include include(@Nullable String includeObject) {
    return switch (includeObject == null ? "" : includeObject) {
      case "None" -> Include.NONE;
      case "", "Metadata" -> Include.METADATA;
      case "Object" -> Include.OBJECT;
      default ->
          throw StatusBody.badRequest(
              "includeObject must be None, Metadata or Object, not \"" + includeObject + "\"");
    };
  }
}
