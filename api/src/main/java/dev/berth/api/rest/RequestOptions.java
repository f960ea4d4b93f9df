package dev.berth.api.rest;

import dev.berth.api.http.Request;
import dev.berth.api.http.Target;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Status;
import dev.berth.core.registry.WriteOptions;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a request's query, and the body of a deletion, ask for beside the object. */
final class RequestOptions {
  private RequestOptions() {}

  static ListOptions list(Target target) {
    var limit = number(target, "limit").orElse(0);
    if (limit < 0) {
      throw StatusBody.badRequest("limit must not be negative: " + limit);
    }
    return new ListOptions(
        text(target, "labelSelector"),
        text(target, "fieldSelector"),
        (int) Math.min(limit, Integer.MAX_VALUE),
        text(target, "continue"),
        text(target, "resourceVersion"),
        text(target, "resourceVersionMatch"));
  }

  /**
   * @param kind of the options in messages: CreateOptions, UpdateOptions or PatchOptions
   */
  static WriteOptions write(Request request, String kind) {
    var target = request.target();
    var validation = target.parameter("fieldValidation");
    return new WriteOptions(
        dryRun(kind, target.values("dryRun")),
        manager(request),
        switch (validation == null ? "" : validation) {
          case "", "Warn" -> WriteOptions.FieldValidation.WARN;
          case "Ignore" -> WriteOptions.FieldValidation.IGNORE;
          case "Strict" -> WriteOptions.FieldValidation.STRICT;
          default ->
              throw unsupported(
                  kind,
                  "fieldValidation",
                  String.valueOf(validation),
                  "\"Ignore\", \"Strict\", \"Warn\"");
        });
  }

  private static @Nullable String manager(Request request) {
    var named = text(request.target(), "fieldManager");
    var agent = request.header("user-agent");
    if (named != null || agent == null) {
      return named;
    }
    var end = agent.indexOf('/');
    return end < 0 ? agent : agent.substring(0, end);
  }

  /** The options of a deletion: of its body where there is one, otherwise of the query. */
  static DeleteOptions delete(Request request) {
    if (request.body().length > 0) {
      var body = BodyReader.read(request).value();
      if (!(body instanceof ObjectNode options)) {
        throw StatusBody.badRequest("the body of a deletion must be DeleteOptions");
      }
      var kind = options.path("kind").asString("");
      if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
        throw StatusBody.badRequest("the body of a deletion must be DeleteOptions, not " + kind);
      }
      return delete(options);
    }
    var target = request.target();
    var grace = number(target, "gracePeriodSeconds");
    return new DeleteOptions(
        grace.isPresent() ? Long.valueOf(grace.getAsLong()) : null,
        null,
        null,
        propagation(text(target, "propagationPolicy"), text(target, "orphanDependents")),
        dryRun("DeleteOptions", target.values("dryRun")));
  }

  /** The options of a deletion as an object. */
  static DeleteOptions delete(ObjectNode options) {
    var preconditions = options.path("preconditions");
    var grace = options.path("gracePeriodSeconds");
    if (!grace.isMissingNode() && !grace.isNull() && !grace.canConvertToLong()) {
      throw StatusBody.badRequest("gracePeriodSeconds must be a number, not " + grace);
    }
    var dryRun = options.path("dryRun");
    var orphan = options.path("orphanDependents");
    return new DeleteOptions(
        grace.isNumber() ? Long.valueOf(grace.longValue()) : null,
        string(preconditions, "uid"),
        string(preconditions, "resourceVersion"),
        propagation(
            string(options, "propagationPolicy"), orphan.isBoolean() ? orphan.asString() : null),
        dryRun(
            "DeleteOptions",
            dryRun.valueStream().map(value -> value.asString(value.toString())).toList()));
  }

  /** Null when nothing is said, so that what the object's finalizers say holds. */
  private static DeleteOptions.@Nullable Propagation propagation(
      @Nullable String policy, @Nullable String orphan) {
    if (policy != null && orphan != null) {
      throw StatusBody.badRequest(
          "orphanDependents and propagationPolicy cannot be both set: leave the first one out");
    }
    return switch (policy == null ? "" : policy) {
      case "" ->
          switch (orphan) {
            case null -> null;
            case "true", "1" -> DeleteOptions.Propagation.ORPHAN;
            default -> DeleteOptions.Propagation.BACKGROUND;
          };
      case "Background" -> DeleteOptions.Propagation.BACKGROUND;
      case "Foreground" -> DeleteOptions.Propagation.FOREGROUND;
      case "Orphan" -> DeleteOptions.Propagation.ORPHAN;
      default ->
          throw unsupported(
              "DeleteOptions",
              "propagationPolicy",
              String.valueOf(policy),
              "\"Background\", \"Foreground\", \"Orphan\"");
    };
  }

  private static boolean dryRun(String kind, List<String> values) {
    for (var value : values) {
      if (!value.equals("All")) {
        throw unsupported(kind, "dryRun", value, "\"All\"");
      }
    }
    return !values.isEmpty();
  }

  private static Rejection unsupported(String kind, String field, String value, String supported) {
    var cause = "Unsupported value: \"%s\": supported values: %s".formatted(value, supported);
    return new Rejection(
        new Status(
            422,
            "Invalid",
            "%s.meta.k8s.io \"\" is invalid: %s: %s".formatted(kind, field, cause),
            new Status.Details(
                "",
                "meta.k8s.io",
                kind,
                "",
                List.of(new Status.Cause("FieldValueNotSupported", cause, field)),
                0)));
  }

  private static @Nullable String string(JsonNode object, String field) {
    var value = object.path(field);
    if (!value.isMissingNode() && !value.isNull() && !value.isString()) {
      throw StatusBody.badRequest(field + " must be a string, not " + value);
    }
    return value.isString() ? value.stringValue() : null;
  }

  /** A parameter's value; null when it was not sent or is empty. */
  static @Nullable String text(Target target, String name) {
    var value = target.parameter(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** A parameter that is a whole number. */
  static OptionalLong number(Target target, String name) {
    var value = text(target, name);
    try {
      return value == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
    } catch (NumberFormatException _) {
      throw StatusBody.badRequest(name + " must be a whole number, not \"" + value + "\"");
    }
  }
}
