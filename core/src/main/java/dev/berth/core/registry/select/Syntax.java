package dev.berth.core.registry.select;

import java.util.regex.Pattern;

/** The forms of label keys and values. */
public final class Syntax {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private Syntax() {}

  /** At most 63 characters of letters, digits, '-', '_' and '.', or nothing. */
  public static boolean isLabelValue(String value) {
    return value.isEmpty() || isName(value);
  }

  /** A name like a label value, after a DNS subdomain and a slash, or alone. */
  public static boolean isQualifiedName(String key) {
    var slash = key.indexOf('/');
    if (slash < 0) {
      return isName(key);
    }
    return isSubdomain(key.substring(0, slash)) && isName(key.substring(slash + 1));
  }

  /** A name of at most 63 letters, digits, '-', '_' and '.', with a letter or digit at each end. */
  public static boolean isName(String text) {
    return text.length() <= 63 && NAME.matcher(text).matches();
  }

  /** At most 253 characters: labels of lower-case letters, digits and '-', joined by dots. */
  public static boolean isSubdomain(String text) {
    return text.length() <= 253 && SUBDOMAIN.matcher(text).matches();
  }
}
