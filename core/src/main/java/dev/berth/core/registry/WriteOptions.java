package dev.berth.core.registry;

import org.jspecify.annotations.Nullable;

/**
 * How to write.
 *
 * @param dryRun everything is checked and answered, nothing is stored
 * @param fieldManager who writes, for those who ask later
 * @param fieldValidation what to do about fields that the kind does not have
 */
public record WriteOptions(
    boolean dryRun, @Nullable String fieldManager, FieldValidation fieldValidation) {

  public enum FieldValidation {
    IGNORE,
    WARN,
    STRICT
  }

  public static final WriteOptions DEFAULT = new WriteOptions(false, null, FieldValidation.WARN);
}
