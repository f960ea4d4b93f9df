package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.rules.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;

/** Why requests are rejected, in the words that clients of Kubernetes know. */
public final class Rejections {

  private Rejections() {}

  /** 400: the request itself cannot be understood. */
  public static Rejection badRequest(String message) {
    return new Rejection(new Status(400, "BadRequest", message, null));
  }

  /** 404. */
  public static Rejection notFound(ResourceType type, String name) {
    return about(type, name, 404, "NotFound", "%s not found".formatted(quoted(type, name)));
  }

  /** 409: a new object's name is taken. */
  public static Rejection alreadyExists(ResourceType type, String name) {
    return about(
        type, name, 409, "AlreadyExists", "%s already exists".formatted(quoted(type, name)));
  }

  /** 409: the object is another one, or in another state, than the request expects. */
  public static Rejection conflict(ResourceType type, String name, String why) {
    return about(
        type,
        name,
        409,
        "Conflict",
        "Operation cannot be fulfilled on %s: %s".formatted(quoted(type, name), why));
  }

  /** 409: somebody else changed the object since the caller read it. */
  public static Rejection modified(ResourceType type, String name) {
    return conflict(
        type,
        name,
        "the object has been modified; please apply your changes to the latest version and try"
            + " again");
  }

  /** 403: a rule that is not about a single field forbids it. */
  public static Rejection forbidden(ResourceType type, String name, String why) {
    return about(
        type, name, 403, "Forbidden", "%s is forbidden: %s".formatted(quoted(type, name), why));
  }

  /** 403: nothing new may be made in a namespace that is on its way out. */
  static Rejection namespaceTerminating(ResourceType type, String name, String namespace) {
    var cause =
        new Status.Cause(
            "NamespaceTerminating",
            "namespace " + namespace + " is being terminated",
            "metadata.namespace");
    var message =
        "%s is forbidden: unable to create new content in namespace %s because it is being terminated"
            .formatted(quoted(type, name), namespace);
    return new Rejection(
        new Status(403, "Forbidden", message, details(type, name, type.plural(), List.of(cause))));
  }

  /** 405. */
  public static Rejection methodNotAllowed(String message) {
    return new Rejection(new Status(405, "MethodNotAllowed", message, null));
  }

  /** 422: the object does not follow the rules of its kind. */
  public static Rejection invalid(ResourceType type, String name, List<Problem> problems) {
    var kind = type.group().isEmpty() ? type.kind() : type.kind() + "." + type.group();
    return new Rejection(
        new Status(
            422,
            "Invalid",
            "%s \"%s\" is invalid: %s".formatted(kind, name, all(problems)),
            details(type, name, type.kind(), causes(problems))));
  }

  /**
   * 422: what was asked beside the object is wrong, or does not fit together.
   *
   * @param kind of the options: ListOptions, DeleteOptions
   */
  static Rejection invalidOptions(String kind, List<Problem> problems) {
    return new Rejection(
        new Status(
            422,
            "Invalid",
            kind + ".meta.k8s.io \"\" is invalid: " + all(problems),
            new Status.Details("", "meta.k8s.io", kind, "", causes(problems), 0)));
  }

  /** 422: a patch that cannot be applied; nothing of it was. */
  static Rejection unprocessable(ResourceType type, String name, String why) {
    return about(
        type,
        name,
        422,
        "Invalid",
        "the server rejected our request due to an error in our request: the patch of "
            + quoted(type, name)
            + " was not applied: "
            + why);
  }

  /** 410: history before the version has been given up; the caller must list again. */
  static Rejection expired(String message) {
    return new Rejection(expiredStatus(message));
  }

  static Status expiredStatus(String message) {
    return new Status(410, "Expired", message, null);
  }

  /** 504: a version that does not exist yet. */
  static Rejection futureVersion(String asked, long newest) {
    var cause = new Status.Cause("ResourceVersionTooLarge", "Too large resource version", "");
    return new Rejection(
        new Status(
            504,
            "Timeout",
            "Too large resource version: %s, current: %d".formatted(asked, newest),
            new Status.Details("", "", "", "", List.of(cause), 1)));
  }

  private static Rejection about(
      ResourceType type, String name, int code, String reason, String message) {
    return new Rejection(
        new Status(code, reason, message, details(type, name, type.plural(), List.of())));
  }

  private static Status.Details details(
      ResourceType type, String name, String kind, List<Status.Cause> causes) {
    return new Status.Details(name, type.group(), kind, "", causes, 0);
  }

  private static String quoted(ResourceType type, String name) {
    return type.resource() + " \"" + name + "\"";
  }

  private static List<Status.Cause> causes(List<Problem> problems) {
    return problems.stream()
        .map(problem -> new Status.Cause(problem.reason().word(), problem.body(), problem.field()))
        .toList();
  }

  private static String all(List<Problem> problems) {
    var messages =
        problems.stream()
            .map(Problem::message)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    return messages.size() == 1 ? messages.getFirst() : messages.toString();
  }
}
