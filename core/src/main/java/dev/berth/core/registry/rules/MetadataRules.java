package dev.berth.core.registry.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.select.Syntax;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold for the metadata of every object. */
public final class MetadataRules {

  private static final int MOST_ANNOTATION_BYTES = 256 * 1024;
  private static final Set<String> STANDARD_FINALIZERS =
      Set.of("kubernetes", "orphan", "foregroundDeletion");

  static final String NOT_A_LABEL_VALUE =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or"
          + " 'my_value',  or '12345', regex used for validation is"
          + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  private static final String NOT_A_NAME_PART =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end"
          + " with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex"
          + " used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

  private MetadataRules() {}

  public static void validate(ResourceType type, Field metadata, Problems problems) {
    Names.validate(type, metadata, problems);
    checkLabels(metadata.child("labels"), problems);
    checkAnnotations(metadata.child("annotations"), problems);
    checkFinalizers(metadata.child("finalizers"), problems);
    checkOwners(metadata.child("ownerReferences"), problems);
  }

  static void checkLabels(Field labels, Problems problems) {
    for (var label : labels.entries()) {
      checkQualifiedName(labels, label.name(), problems);
      checkLabelValue(labels, label.text(), problems);
    }
  }

  static void checkLabelValue(Field field, String value, Problems problems) {
    if (value.length() > 63) {
      problems.invalid(field, value, "must be no more than 63 characters");
    } else if (!Syntax.isLabelValue(value)) {
      problems.invalid(field, value, NOT_A_LABEL_VALUE);
    }
  }

  static void checkQualifiedName(Field field, String name, Problems problems) {
    var wrong = wrongWithName(name);
    if (wrong != null) {
      problems.invalid(field, name, wrong);
    }
  }

  private static @Nullable String wrongWithName(String name) {
    if (Syntax.isQualifiedName(name)) {
      return null;
    }
    var slash = name.indexOf('/');
    if (slash != name.lastIndexOf('/')) {
      return "a qualified name must consist of a name with an optional DNS subdomain prefix and"
          + " '/' (e.g. 'example.com/MyName')";
    }
    if (slash == 0) {
      return "prefix part must be non-empty";
    }
    var part = name.substring(slash + 1);
    if (part.isEmpty()) {
      return "name part must be non-empty";
    }
    if (part.length() > 63) {
      return "name part must be no more than 63 characters";
    }
    return Syntax.isName(part) ? "prefix part " + Names.NOT_A_SUBDOMAIN : NOT_A_NAME_PART;
  }

  private static void checkAnnotations(Field annotations, Problems problems) {
    var bytes = 0;
    for (var annotation : annotations.entries()) {
      checkQualifiedName(annotations, annotation.name().toLowerCase(Locale.ROOT), problems);
      bytes += annotation.name().length() + utf8Length(annotation.text());
    }
    if (bytes > MOST_ANNOTATION_BYTES) {
      problems.tooLong(annotations, MOST_ANNOTATION_BYTES);
    }
  }

  private static int utf8Length(String text) {
    return text.length() < 1024 ? text.length() : text.getBytes(UTF_8).length;
  }

  private static void checkFinalizers(Field finalizers, Problems problems) {
    var orphan = false;
    var foreground = false;
    for (var finalizer : finalizers.items()) {
      var name = finalizer.text();
      orphan |= name.equals("orphan");
      foreground |= name.equals("foregroundDeletion");
      checkFinalizer(finalizer, name, problems);
    }
    if (orphan && foreground) {
      problems.invalid(finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
    }
  }

  static void checkFinalizer(Field finalizer, String name, Problems problems) {
    checkQualifiedName(finalizer, name, problems);
    if (!name.contains("/") && !STANDARD_FINALIZERS.contains(name)) {
      problems.invalid(
          finalizer, "name is neither a standard finalizer name nor is it fully qualified");
    }
  }

  private static void checkOwners(Field owners, Problems problems) {
    @Nullable Field controller = null;
    for (var owner : owners.items()) {
      for (var member : new String[] {"apiVersion", "kind", "name", "uid"}) {
        if (owner.child(member).text().isEmpty()) {
          problems.invalid(owner.child(member), "", member + " must not be empty");
        }
      }
      if (!owner.child("controller").flag()) {
        continue;
      }
      if (controller != null) {
        problems.invalid(
            owners,
            "Only one reference can have Controller set to true. Found \"true\" in references for"
                + " %s and %s".formatted(described(controller), described(owner)));
      }
      controller = owner;
    }
  }

  private static String described(Field owner) {
    return owner.child("kind").text() + "/" + owner.child("name").text();
  }
}
