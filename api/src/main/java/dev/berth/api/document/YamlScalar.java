package dev.berth.api.document;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What a scalar of YAML means that is written without quotes and without a tag. The rules are those
 * by which kubectl reads manifests (YAML 1.1 with its octal numbers and its words for true and
 * false), so that a manifest means the same whoever reads it.
 */
final class YamlScalar {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
  private static final Set<String> TRUE =
      Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
  private static final Set<String> FALSE =
      Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
  private static final Set<String> NO_NUMBER = Set.of(".inf", "+.inf", "-.inf", ".nan");
  private static final Pattern WHOLE =
      Pattern.compile("[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)");
  private static final Pattern FRACTION =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  /** Longer ones are taken for text: nobody writes such numbers. */
  private static final int LONGEST_NUMBER = 100;

  private YamlScalar() {}

  /**
   * @throws MalformedDocument when it is a number that JSON does not have
   */
  static JsonNode resolve(String text) {
    if (NULL.contains(text)) {
      return NODES.nullNode();
    }
    if (TRUE.contains(text)) {
      return NODES.booleanNode(true);
    }
    if (FALSE.contains(text)) {
      return NODES.booleanNode(false);
    }
    return text.length() <= LONGEST_NUMBER && mayBeNumber(text.charAt(0))
        ? number(text)
        : NODES.stringNode(text);
  }

  private static boolean mayBeNumber(char first) {
    return (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
  }

  private static JsonNode number(String text) {
    if (NO_NUMBER.contains(text.toLowerCase(Locale.ROOT))) {
      throw new MalformedDocument("the number " + text + " cannot be written in JSON");
    }
    var plain = text.replace("_", "");
    if (WHOLE.matcher(plain).matches()) {
      return whole(plain);
    }
    return FRACTION.matcher(plain).matches()
        ? NODES.numberNode(new BigDecimal(plain))
        : NODES.stringNode(text);
  }

  private static JsonNode whole(String plain) {
    var signed = plain.charAt(0) == '-' || plain.charAt(0) == '+';
    var digits = (signed ? plain.substring(1) : plain).toLowerCase(Locale.ROOT);
    var magnitude =
        digits.startsWith("0x")
            ? new BigInteger(digits.substring(2), 16)
            : digits.startsWith("0b")
                ? new BigInteger(digits.substring(2), 2)
                : digits.startsWith("0o")
                    ? new BigInteger(digits.substring(2), 8)
                    : digits.startsWith("0") ? new BigInteger(digits, 8) : new BigInteger(digits);
    var value = plain.charAt(0) == '-' ? magnitude.negate() : magnitude;
    if (value.bitLength() < Integer.SIZE) {
      return NODES.numberNode(value.intValueExact());
    }
    return value.bitLength() < Long.SIZE
        ? NODES.numberNode(value.longValueExact())
        : NODES.numberNode(value);
  }
}
