package dev.berth.core.registry.rules;

/**
 * Something wrong with a field of an object, in the words that clients of Kubernetes know.
 *
 * @param field its path: {@code spec.containers[0].name}
 * @param body what is wrong, and what would be right
 */
public record Problem(Reason reason, String field, String body) {

  /** What kind of problem, for programs. */
  public enum Reason {
    REQUIRED("FieldValueRequired"),
    INVALID("FieldValueInvalid"),
    NOT_SUPPORTED("FieldValueNotSupported"),
    FORBIDDEN("FieldValueForbidden"),
    DUPLICATE("FieldValueDuplicate"),
    NOT_FOUND("FieldValueNotFound"),
    TOO_LONG("FieldValueTooLong"),
    TOO_MANY("FieldValueTooMany");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    /** The word in a Status' cause. */
    public String word() {
      return word;
    }
  }

  public String message() {
    return field + ": " + body;
  }
}
