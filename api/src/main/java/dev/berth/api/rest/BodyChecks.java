package dev.berth.api.rest;

import dev.berth.api.document.Document;
import dev.berth.api.http.Request;
import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.WriteOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whether a body is what the path says that it is. The words are Kubernetes'. */
final class BodyChecks {
  private BodyChecks() {}

  /**
   * A body that passed.
   *
   * @param warnings for the client's user
   */
  record Checked(ObjectNode object, List<String> warnings) {}

  /** Reads an object of a type; its kind and apiVersion may be left out. */
  static Checked object(Request request, ResourceType type, WriteOptions options) {
    return object(request, type.apiVersion(), type.kind(), options);
  }

  static Checked object(Request request, String apiVersion, String kind, WriteOptions options) {
    var body = BodyReader.read(request);
    if (!(body.value() instanceof ObjectNode object)) {
      throw StatusBody.badRequest(
          "the object provided is unrecognized (must be of type %s): expected an object, found %s"
              .formatted(kind, kindOf(body.value())));
    }
    var foundKind = text(object, "kind", kind);
    var foundVersion = text(object, "apiVersion", apiVersion);
    if (!foundKind.equals(kind)) {
      throw StatusBody.badRequest(
          "%s in version \"%s\" cannot be handled as a %s: expected apiVersion %s and kind %s"
              .formatted(foundKind, foundVersion, kind, apiVersion, kind));
    }
    if (!foundVersion.equals(apiVersion)) {
      throw StatusBody.badRequest(
          "the API version in the data (%s) does not match the expected API version (%s)"
              .formatted(foundVersion, apiVersion));
    }
    object.put("kind", kind);
    object.put("apiVersion", apiVersion);
    return new Checked(object, duplicates(body, kind, apiVersion, options));
  }

  private static List<String> duplicates(
      Document body, String kind, String apiVersion, WriteOptions options) {
    var found = new ArrayList<String>();
    body.duplicates().forEach(path -> found.add("duplicate field \"" + path + "\""));
    return switch (options.fieldValidation()) {
      case IGNORE -> List.of();
      case WARN -> found;
      case STRICT -> {
        if (!found.isEmpty()) {
          throw StatusBody.badRequest(
              "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s"
                  .formatted(kind, apiVersion, kind, String.join(", ", found)));
        }
        yield found;
      }
    };
  }

  /** The namespace of a new object must be the path's, or be left out. */
  static void requireNamespace(ObjectNode object, String namespace) {
    var found = metadata(object, "namespace");
    if (!namespace.isEmpty() && !found.isEmpty() && !found.equals(namespace)) {
      throw StatusBody.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request: \"%s\" is not \"%s\""
              .formatted(found, namespace));
    }
  }

  /** An object that replaces another must be named as the path names it. */
  static void requireName(ObjectNode object, String namespace, String name) {
    var found = metadata(object, "name");
    if (found.isEmpty()) {
      throw StatusBody.badRequest(
          "the name of the object (%s based on URL) was undeterminable: name must be provided"
              .formatted(name));
    }
    if (!found.equals(name)) {
      throw StatusBody.badRequest(
          "the name of the object (%s) does not match the name on the URL (%s)"
              .formatted(found, name));
    }
    var foundNamespace = metadata(object, "namespace");
    if (!namespace.isEmpty() && !foundNamespace.isEmpty() && !foundNamespace.equals(namespace)) {
      throw StatusBody.badRequest(
          "the namespace of the object (%s) does not match the namespace on the request (%s)"
              .formatted(foundNamespace, namespace));
    }
  }

  /** A text of the metadata, empty when it is not there. */
  static String metadata(ObjectNode object, String field) {
    var metadata = object.get("metadata");
    if (metadata == null || metadata.isNull()) {
      return "";
    }
    if (!metadata.isObject()) {
      throw StatusBody.badRequest("metadata must be an object, not " + kindOf(metadata));
    }
    return text((ObjectNode) metadata, field, "");
  }

  private static String text(ObjectNode object, String field, String otherwise) {
    var value = object.get(field);
    if (value == null || value.isNull()) {
      return otherwise;
    }
    if (!value.isString()) {
      throw StatusBody.badRequest(field + " must be a string, not " + kindOf(value));
    }
    return value.stringValue().isEmpty() ? otherwise : value.stringValue();
  }

  static String kindOf(@Nullable JsonNode value) {
    return value == null ? "nothing" : value.getNodeType().name().toLowerCase(Locale.ROOT);
  }
}
