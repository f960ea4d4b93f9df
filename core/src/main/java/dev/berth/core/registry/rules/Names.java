package dev.berth.core.registry.rules;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.select.Syntax;
import java.util.regex.Pattern;

/** How objects may be called. */
final class Names {

  private static final String LABEL_SYNTAX = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final Pattern LABEL = Pattern.compile(LABEL_SYNTAX);

  static final String NOT_A_LABEL =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
          + " must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc',"
          + " regex used for validation is '"
          + LABEL_SYNTAX
          + "')";
  static final String NOT_A_SUBDOMAIN =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com',"
          + " regex used for validation is '"
          + LABEL_SYNTAX
          + "(\\."
          + LABEL_SYNTAX
          + ")*')";

  private Names() {}

  static void validate(ResourceType type, Field metadata, Problems problems) {
    var name = metadata.child("name");
    var prefix = metadata.child("generateName");
    if (!prefix.text().isEmpty()) {
      // Whatever is appended begins with a letter or digit.
      check(type, prefix, prefix.text().replaceAll("-$", "a"), problems);
    }
    if (name.text().isEmpty()) {
      problems.required(name, "name or generateName is required");
    } else {
      check(type, name, name.text(), problems);
    }
    var namespace = metadata.child("namespace");
    if (type.namespaced()) {
      checkLabel(namespace, namespace.text(), problems);
    }
  }

  private static void check(ResourceType type, Field field, String text, Problems problems) {
    if (type.equals(ResourceTypes.NAMESPACE)) {
      checkLabel(field, text, problems);
    } else {
      checkSubdomain(field, text, problems);
    }
  }

  static void checkLabel(Field field, String text, Problems problems) {
    if (text.length() > 63) {
      problems.invalid(field, "must be no more than 63 characters");
    }
    if (!LABEL.matcher(text).matches()) {
      problems.invalid(field, NOT_A_LABEL);
    }
  }

  static void checkSubdomain(Field field, String text, Problems problems) {
    if (text.length() > 253) {
      problems.invalid(field, "must be no more than 253 characters");
    } else if (!Syntax.isSubdomain(text)) {
      problems.invalid(field, NOT_A_SUBDOMAIN);
    }
  }
}
