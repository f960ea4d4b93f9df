package dev.berth.core.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not done, as Kubernetes tells it.
 *
 * @param code of HTTP
 * @param reason one word for programs: NotFound, AlreadyExists, Conflict, Invalid, …
 * @param message for people: what is wrong, where, and what to do about it
 */
public record Status(int code, String reason, String message, @Nullable Details details) {

  /**
   * @param kind the Kind for reason Invalid, the plural resource otherwise
   * @param retryAfterSeconds when the client may try again, 0 for no advice
   */
  public record Details(
      String name,
      String group,
      String kind,
      String uid,
      List<Cause> causes,
      int retryAfterSeconds) {}

  /**
   * @param reason FieldValueRequired, FieldValueInvalid, FieldValueNotSupported,
   *     FieldValueForbidden, FieldValueDuplicate or FieldValueNotFound
   */
  public record Cause(String reason, String message, String field) {}
}
