package dev.berth.api.rest;

import dev.berth.api.http.Request;
import dev.berth.core.registry.Rejection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;

/** Reads the bodies of requests, in JSON or in YAML. */
final class BodyReader {
  static final String JSON_OR_YAML = "application/json, application/yaml";

  private static final JsonFactory JSON = new JsonFactory();

  private BodyReader() {}

  /** The media type of a request's body without parameters; JSON when none is given. */
  static String mediaType(Request request) {
    var type = request.header("content-type");
    if (type == null || type.isBlank()) {
      return "application/json";
    }
    var end = type.indexOf(';');
    return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  /** Reads a body by its Content-Type. */
  static BodyTree read(Request request) {
    return switch (mediaType(request)) {
      case "application/json" -> json(request.body());
      case "application/yaml", "application/x-yaml", "text/yaml" -> yaml(request.body());
      default -> throw StatusBody.unsupportedMediaType(JSON_OR_YAML);
    };
  }

  static BodyTree json(byte[] body) {
    return tree("JSON", body, null);
  }

  static BodyTree yaml(byte[] body) {
    return tree("YAML", body, YamlFactory.INSTANCE);
  }

  /** Only loaded when somebody sends YAML. */
  private static final class YamlFactory {
    static final YAMLFactory INSTANCE = new YAMLFactory();
  }

  private static BodyTree tree(String form, byte[] body, @Nullable YAMLFactory yaml) {
    if (body.length == 0) {
      throw StatusBody.badRequest("the request has no body; expected an object in " + form);
    }
    try (var parser = yaml == null ? parser(body) : parser(yaml, body)) {
      return BodyTree.read(parser);
    } catch (JacksonException malformed) {
      throw malformed(form, malformed);
    }
  }

  private static JsonParser parser(byte[] body) {
    return JSON.createParser(ObjectReadContext.empty(), body);
  }

  private static JsonParser parser(YAMLFactory yaml, byte[] body) {
    return yaml.createParser(ObjectReadContext.empty(), body);
  }

  private static Rejection malformed(String form, JacksonException cause) {
    return StatusBody.badRequest(
        "the body of the request is not valid %s: %s%s"
            .formatted(form, position(cause.getLocation()), sentence(cause)));
  }

  private static String position(@Nullable TokenStreamLocation location) {
    return location == null || location.getLineNr() < 1
        ? ""
        : "line %d, column %d: ".formatted(location.getLineNr(), location.getColumnNr());
  }

  private static String sentence(JacksonException cause) {
    var message = String.valueOf(cause.getOriginalMessage()).strip();
    var firstLine = message.lines().findFirst().orElse("it cannot be read");
    return firstLine.length() > 300 ? firstLine.substring(0, 300) + "…" : firstLine;
  }
}
