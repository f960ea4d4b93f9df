package dev.berth.core.registry.rules;

import dev.berth.core.model.KeepTime;
import dev.berth.core.model.MountOptions;
import dev.berth.core.model.Quantity;
import java.util.Collection;
import java.util.List;

/** What is asked of fields of many kinds. */
final class Checks {

  private static final long MOST_ID = Integer.MAX_VALUE;

  private Checks() {}

  /** Whether there is something; says so when there is not. */
  static boolean required(Field field, Problems problems) {
    return required(field, "", problems);
  }

  static boolean required(Field field, String detail, Problems problems) {
    var missing = field.absent() || (field.value().isString() && field.text().isEmpty());
    if (missing) {
      problems.required(field, detail);
    }
    return !missing;
  }

  /** Whatever is there, if anything, must be one of the values. */
  static void oneOf(Field field, Collection<String> supported, Problems problems) {
    if (field.present() && !supported.contains(field.text())) {
      problems.unsupported(field, supported);
    }
  }

  static void between(Field field, long least, long most, Problems problems) {
    var value = field.number(least);
    if (value < least || value > most) {
      problems.invalid(field, "must be between " + least + " and " + most + ", inclusive");
    }
  }

  static void notNegative(Field field, Problems problems) {
    if (field.number(0) < 0) {
      problems.invalid(field, "must be greater than or equal to 0");
    }
  }

  /** A user or group of the kernel. */
  static void id(Field field, Problems problems) {
    between(field, 0, MOST_ID, problems);
  }

  static Quantity quantity(Field field) {
    return Quantity.parse(field.text());
  }

  static void notNegativeQuantities(Field map, Problems problems) {
    for (var entry : map.entries()) {
      if (quantity(entry).signum() < 0) {
        problems.invalid(entry, "must be greater than or equal to 0");
      }
    }
  }

  static void positive(Field quantity, Problems problems) {
    if (quantity(quantity).signum() <= 0) {
      problems.invalid(quantity, "must be greater than zero");
    }
  }

  static void noBacksteps(Field path, Problems problems) {
    if (List.of(path.text().split("/", -1)).contains("..")) {
      problems.invalid(path, "must not contain '..'");
    }
  }

  /** A path of the host: absolute, and what it looks like. */
  static void absolutePath(Field path, Problems problems) {
    if (required(path, problems)) {
      if (!path.text().startsWith("/")) {
        problems.invalid(path, "must be an absolute path");
      }
      noBacksteps(path, problems);
    }
  }

  static void subdomain(Field field, Problems problems) {
    if (!field.text().isEmpty()) {
      Names.checkSubdomain(field, field.text(), problems);
    }
  }

  static boolean unchanged(Field old, Field updated) {
    return old.absent() ? updated.absent() : old.value().equals(updated.value());
  }

  static void immutable(Field old, Field updated, Problems problems) {
    if (!unchanged(old, updated)) {
      problems.invalid(updated, "field is immutable");
    }
  }

  /** The annotation of a claim, class or volume that says how long deleted data is kept. */
  static void keepTime(Field object, Problems problems) {
    var annotation = object.at("metadata", "annotations").key(KeepTime.ANNOTATION);
    if (annotation.present() && KeepTime.parse(annotation.text()).isEmpty()) {
      problems.invalid(annotation, KeepTime.EXPECTED);
    }
  }

  /** The options with which volumes are mounted. */
  static void mountOptions(Field options, Problems problems) {
    for (var option : options.items()) {
      MountOptions.problem(option.text()).ifPresent(why -> problems.invalid(option, why));
    }
  }
}
