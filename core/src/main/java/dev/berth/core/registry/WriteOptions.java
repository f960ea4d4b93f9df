package dev.berth.core.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to write.
 *
 * @param dryRun everything is checked and answered, nothing is stored
 * @param fieldManager who writes, for those who ask later
 * @param fieldValidation what to do about fields that the kind does not have, or that occur twice
 * @param duplicateFields the paths of fields that occur twice in the request's body, as whoever
 *     parsed it found them: see {@link RequestBody}
 */
public record WriteOptions(
    boolean dryRun,
    @Nullable String fieldManager,
    FieldValidation fieldValidation,
    List<String> duplicateFields) {

  public WriteOptions {
    duplicateFields = List.copyOf(duplicateFields);
  }

  public WriteOptions(
      boolean dryRun, @Nullable String fieldManager, FieldValidation fieldValidation) {
    this(dryRun, fieldManager, fieldValidation, List.of());
  }

  public enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  public static final WriteOptions DEFAULT = new WriteOptions(false, null, FieldValidation.WARN);
}
