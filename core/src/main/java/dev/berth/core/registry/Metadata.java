package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.Problems;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the registry itself keeps in {@code metadata}, and who may change it. */
final class Metadata {

  static final String ORPHAN = "orphan";
  static final String FOREGROUND = "foregroundDeletion";

  /** Kept elsewhere (the version), or of no use here: never part of a stored document. */
  private static final List<String> NOT_STORED =
      List.of("resourceVersion", "managedFields", "selfLink", "generation");

  /** Set by the registry when the object is created, or deleted, and by nobody afterwards. */
  private static final List<String> SYSTEM =
      List.of("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds");

  private Metadata() {}

  static ObjectNode of(ObjectNode object) {
    return object.withObject("metadata");
  }

  static String text(JsonNode object, String member) {
    return Json.text(object, "metadata", member);
  }

  /**
   * The version that the object names, empty for none (and for 0, which is none).
   *
   * @throws Rejection when it is something else than a string
   */
  static String version(ObjectNode object) {
    var version = Json.at(object, "metadata", "resourceVersion");
    if (!version.isString() && !version.isMissingNode() && !version.isNull()) {
      throw Rejections.badRequest("metadata.resourceVersion: expected a string, found " + version);
    }
    var text = version.stringValue("");
    return text.equals("0") ? "" : text;
  }

  static boolean deleting(JsonNode object) {
    return !text(object, "deletionTimestamp").isEmpty();
  }

  static JsonNode finalizers(JsonNode object) {
    return Json.at(object, "metadata", "finalizers");
  }

  static String timestamp(Instant moment) {
    return moment.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /**
   * A copy in the stored form: {@code apiVersion}, {@code kind} and {@code metadata} first, without
   * what is not stored.
   *
   * @throws Rejection when the object is of another kind than the request
   */
  static ObjectNode canonical(ResourceType type, ObjectNode object) {
    requireKind(type, object);
    var result = Json.object();
    result.put("apiVersion", type.apiVersion());
    result.put("kind", type.kind());
    var metadata = object.path("metadata");
    if (!metadata.isObject() && !metadata.isMissingNode() && !metadata.isNull()) {
      throw Rejections.badRequest("metadata: expected an object, found " + metadata);
    }
    result.set("metadata", metadata.isObject() ? metadata.deepCopy() : Json.object());
    for (var member : object.properties()) {
      if (!result.has(member.getKey())) {
        result.set(member.getKey(), member.getValue().deepCopy());
      }
    }
    of(result).remove(NOT_STORED);
    return result;
  }

  private static void requireKind(ResourceType type, ObjectNode object) {
    var apiVersion = Json.text(object, "apiVersion");
    if (!apiVersion.isEmpty() && !apiVersion.equals(type.apiVersion())) {
      throw Rejections.badRequest(
          "the API version in the data (%s) does not match the expected API version (%s)"
              .formatted(apiVersion, type.apiVersion()));
    }
    var kind = Json.text(object, "kind");
    if (!kind.isEmpty() && !kind.equals(type.kind())) {
      throw Rejections.badRequest(
          "the kind in the data (%s) does not match the expected kind (%s)"
              .formatted(kind, type.kind()));
    }
  }

  /**
   * Puts the namespace of the request into the object.
   *
   * @throws Rejection when the object names another one
   */
  static void requireNamespace(ResourceType type, ObjectNode object, String namespace) {
    var named = text(object, "namespace");
    if (!type.namespaced()) {
      if (!named.isEmpty()) {
        throw Rejections.badRequest(
            "a %s belongs to the whole cluster, but metadata.namespace is '%s': remove it"
                .formatted(type.kind(), named));
      }
      of(object).remove("namespace");
      return;
    }
    if (!named.isEmpty() && !named.equals(namespace)) {
      throw Rejections.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request"
              + " (%s, expected %s)".formatted(named, namespace));
    }
    of(object).put("namespace", namespace);
  }

  /**
   * Puts the name of the request into the object.
   *
   * @throws Rejection when the object has another one
   */
  static void requireName(ObjectNode object, String name) {
    var named = text(object, "name");
    if (!named.isEmpty() && !named.equals(name)) {
      throw Rejections.badRequest(
          "the name of the object (%s) does not match the name on the URL (%s)"
              .formatted(named, name));
    }
    of(object).put("name", name);
  }

  /** Gives a new object its identity. */
  static void stamp(ObjectNode object, String uid, Instant now) {
    of(object)
        .remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds"))
        .put("uid", uid)
        .put("creationTimestamp", timestamp(now));
  }

  /** Keeps what only the registry sets; whoever says something else about it is told so. */
  static void carryOver(ObjectNode old, ObjectNode updated, Problems problems) {
    var before = of(old);
    var after = of(updated);
    for (var member : SYSTEM) {
      var kept = before.path(member);
      var asked = after.path(member);
      if (asked.isMissingNode() || asked.isNull()) {
        if (!kept.isMissingNode()) {
          after.set(member, kept);
        }
      } else if (!asked.equals(kept)) {
        problems.invalid(Field.root(updated).at("metadata", member), "field is immutable");
      }
    }
  }

  /** Forbids to hold back an object on its way out for one more reason. */
  static void forbidNewFinalizers(ObjectNode old, ObjectNode updated, Problems problems) {
    if (!deleting(old)) {
      return;
    }
    var before = List.copyOf(finalizers(old).values());
    var added =
        finalizers(updated).values().stream()
            .filter(finalizer -> !before.contains(finalizer))
            .map(finalizer -> "\"" + finalizer.stringValue("") + "\"")
            .toList();
    if (!added.isEmpty()) {
      problems.forbidden(
          Field.root(updated).at("metadata", "finalizers"),
          "no new finalizers can be added if the object is being deleted, found new finalizers"
              + " []string{"
              + String.join(", ", added)
              + "}");
    }
  }
}
