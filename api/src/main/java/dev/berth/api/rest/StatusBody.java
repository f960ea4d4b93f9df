package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.core.model.Json;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Status;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** How a {@link Status} looks on the wire, and those that the wire itself gives. */
final class StatusBody {
  private StatusBody() {}

  /** The request itself is wrong. */
  static Rejection badRequest(String message) {
    return new Rejection(new Status(400, "BadRequest", message, null));
  }

  /** Nothing is served at this path. */
  static Rejection unknownPath() {
    return new Rejection(
        new Status(404, "NotFound", "the server could not find the requested resource", null));
  }

  static Rejection methodNotAllowed() {
    return new Rejection(
        new Status(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
            null));
  }

  static Rejection notAcceptable() {
    return new Rejection(
        new Status(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
            null));
  }

  static Rejection unsupportedMediaType(String accepted) {
    return new Rejection(
        new Status(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + accepted,
            null));
  }

  static Status retryLater(int code, String reason, String message, int seconds) {
    return new Status(
        code, reason, message, new Status.Details("", "", "", "", List.of(), seconds));
  }

  /** An answer that tells a failure. */
  static Answer.Whole answer(Status status) {
    var answer = Answer.json(status.code(), Json.write(failure(status)));
    var details = status.details();
    return details == null || details.retryAfterSeconds() == 0
        ? answer
        : answer.with("retry-after", Integer.toString(details.retryAfterSeconds()));
  }

  static ObjectNode failure(Status status) {
    var body = begin("Failure");
    body.put("message", status.message());
    body.put("reason", status.reason());
    body.set("details", details(status.details()));
    body.put("code", status.code());
    return body;
  }

  /** A Status that says that all is well. */
  static ObjectNode success(int code, Status.@Nullable Details about) {
    var body = begin("Success");
    if (about != null) {
      body.set("details", details(about));
    }
    body.put("code", code);
    return body;
  }

  private static ObjectNode begin(String outcome) {
    var body = Json.object();
    body.put("kind", "Status");
    body.put("apiVersion", "v1");
    body.putObject("metadata");
    body.put("status", outcome);
    return body;
  }

  private static ObjectNode details(Status.@Nullable Details details) {
    var body = Json.object();
    if (details == null) {
      return body;
    }
    putUnlessEmpty(body, "name", details.name());
    putUnlessEmpty(body, "group", details.group());
    putUnlessEmpty(body, "kind", details.kind());
    putUnlessEmpty(body, "uid", details.uid());
    if (!details.causes().isEmpty()) {
      var causes = body.putArray("causes");
      for (var cause : details.causes()) {
        var entry = causes.addObject();
        putUnlessEmpty(entry, "reason", cause.reason());
        putUnlessEmpty(entry, "message", cause.message());
        putUnlessEmpty(entry, "field", cause.field());
      }
    }
    if (details.retryAfterSeconds() > 0) {
      body.put("retryAfterSeconds", details.retryAfterSeconds());
    }
    return body;
  }

  private static void putUnlessEmpty(ObjectNode body, String name, String value) {
    if (!value.isEmpty()) {
      body.put(name, value);
    }
  }
}
