package dev.berth.api.rest;

import dev.berth.api.document.Document;
import dev.berth.api.document.JsonDocument;
import dev.berth.api.document.MalformedDocument;
import dev.berth.api.document.YamlDocuments;
import dev.berth.api.http.Request;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Status;
import java.util.Locale;
import java.util.function.Function;

/** Reads the bodies of requests. */
final class BodyReader {
  static final String JSON_OR_YAML = "application/json, application/yaml";

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

  /**
   * Reads a body by its Content-Type.
   *
   * @throws dev.berth.core.registry.Rejection when it is of an unknown type or malformed
   */
  static Document read(Request request) {
    requirePlain(request);
    return switch (mediaType(request)) {
      case "application/json" -> json(request.body());
      case "application/yaml", "application/x-yaml", "text/yaml" -> yaml(request.body());
      case ProtobufBody.MEDIA_TYPE -> ProtobufBody.read(request.body());
      default -> throw StatusBody.unsupportedMediaType(JSON_OR_YAML);
    };
  }

  /** A body that is packed cannot be read. */
  static void requirePlain(Request request) {
    var encoding = request.header("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new Rejection(
          new Status(
              415,
              "UnsupportedMediaType",
              "the body of the request is encoded as \"%s\"; send it plain".formatted(encoding),
              null));
    }
  }

  static Document json(byte[] body) {
    return read("JSON", body, JsonDocument::read);
  }

  static Document yaml(byte[] body) {
    return read("YAML", body, BodyReader::onlyDocument);
  }

  private static Document onlyDocument(byte[] body) {
    var documents = YamlDocuments.read(body);
    return switch (documents.size()) {
      case 0 -> throw new MalformedDocument("it is empty");
      case 1 -> documents.getFirst();
      default ->
          throw new MalformedDocument("it holds several documents; send one in each request");
    };
  }

  private static Document read(String form, byte[] body, Function<byte[], Document> reader) {
    if (body.length == 0) {
      throw StatusBody.badRequest("the request has no body; expected an object in " + form);
    }
    try {
      return reader.apply(body);
    } catch (MalformedDocument malformed) {
      throw StatusBody.badRequest(
          "the body of the request is not valid %s: %s".formatted(form, malformed.getMessage()));
    }
  }
}
