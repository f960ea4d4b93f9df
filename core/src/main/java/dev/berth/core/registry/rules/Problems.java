package dev.berth.core.registry.rules;

import dev.berth.core.registry.rules.Problem.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Collects all that is wrong with an object, so that its author need not learn it piece by piece.
 */
public final class Problems {

  private final List<Problem> found = new ArrayList<>();

  public List<Problem> found() {
    return List.copyOf(found);
  }

  public boolean none() {
    return found.isEmpty();
  }

  public void required(Field field, String detail) {
    add(Reason.REQUIRED, field, "Required value" + (detail.isEmpty() ? "" : ": " + detail));
  }

  public void invalid(Field field, String why) {
    add(Reason.INVALID, field, "Invalid value: " + field.quoted() + ": " + why);
  }

  /**
   * @param shown the part of the value that is wrong
   */
  public void invalid(Field field, String shown, String why) {
    add(Reason.INVALID, field, "Invalid value: " + Field.quoted(shown) + ": " + why);
  }

  public void unsupported(Field field, Collection<String> supported) {
    unsupported(field, field.quoted(), supported);
  }

  /** As {@link #unsupported(Field, Collection)}, said of the list that {@code item} is in. */
  public void unsupportedItem(Field list, Field item, Collection<String> supported) {
    unsupported(list, item.quoted(), supported);
  }

  private void unsupported(Field field, String shown, Collection<String> supported) {
    var quoted = supported.stream().sorted().map(Field::quoted).toList();
    add(
        Reason.NOT_SUPPORTED,
        field,
        "Unsupported value: " + shown + ": supported values: " + String.join(", ", quoted));
  }

  public void forbidden(Field field, String why) {
    add(Reason.FORBIDDEN, field, "Forbidden: " + why);
  }

  public void duplicate(Field field) {
    add(Reason.DUPLICATE, field, "Duplicate value: " + field.quoted());
  }

  public void notFound(Field field) {
    add(Reason.NOT_FOUND, field, "Not found: " + field.quoted());
  }

  public void tooLong(Field field, int mostBytes) {
    add(Reason.TOO_LONG, field, "Too long: may not be more than " + mostBytes + " bytes");
  }

  public void add(Problem problem) {
    found.add(problem);
  }

  public void add(Reason reason, Field field, String body) {
    found.add(new Problem(reason, field.path(), body));
  }
}
