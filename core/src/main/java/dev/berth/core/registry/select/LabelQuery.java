package dev.berth.core.registry.select;

import dev.berth.core.model.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Reads a label selector as it stands in a request: {@code app=db,tier in (a, b),!old,size>3}. A
 * requirement with {@code !=} or {@code notin} holds for objects without the label, too.
 */
final class LabelQuery {

  private static final String END = "";

  private final String text;
  private int at;

  private LabelQuery(String text) {
    this.text = text;
  }

  /** The requirements, all of which must hold; none for an empty text. */
  static List<Requirement> parse(String text) throws SelectorException {
    return new LabelQuery(text).requirements();
  }

  private List<Requirement> requirements() throws SelectorException {
    var requirements = new ArrayList<Requirement>();
    if (peek().equals(END)) {
      return requirements;
    }
    while (true) {
      requirements.add(requirement());
      var separator = next();
      if (separator.equals(END)) {
        return requirements;
      }
      if (!separator.equals(",") || peek().equals(END)) {
        throw unreadable("',' and another requirement", separator.equals(",") ? END : separator);
      }
    }
  }

  private Requirement requirement() throws SelectorException {
    if (peek().equals("!")) {
      next();
      return new Requirement(key(), "DoesNotExist", List.of());
    }
    var key = key();
    var operator = peek();
    if (operator.equals(END) || operator.equals(",")) {
      return new Requirement(key, "Exists", List.of());
    }
    next();
    return switch (operator) {
      case "=", "==" -> new Requirement(key, "In", List.of(value()));
      case "!=" -> new Requirement(key, "NotIn", List.of(value()));
      case "in" -> new Requirement(key, "In", values());
      case "notin" -> new Requirement(key, "NotIn", values());
      case ">" -> new Requirement(key, "Gt", List.of(number()));
      case "<" -> new Requirement(key, "Lt", List.of(number()));
      default -> throw unreadable("=, ==, !=, in, notin, > or <", operator);
    };
  }

  private String key() throws SelectorException {
    var key = next();
    if (!Syntax.isQualifiedName(key)) {
      throw unreadable("the name of a label", key);
    }
    return key;
  }

  /** A value may be empty: {@code app=} selects objects whose label is the empty string. */
  private String value() throws SelectorException {
    if (peek().equals(END) || peek().equals(",")) {
      return "";
    }
    var value = next();
    if (!Syntax.isLabelValue(value)) {
      throw unreadable("the value of a label", value);
    }
    return value;
  }

  private String number() throws SelectorException {
    var number = next();
    try {
      return Long.toString(Long.parseLong(number));
    } catch (NumberFormatException e) {
      throw unreadable("a whole number", number);
    }
  }

  private List<String> values() throws SelectorException {
    var open = next();
    if (!open.equals("(")) {
      throw unreadable("'(' and values", open);
    }
    var values = new TreeSet<String>();
    while (true) {
      var empty = peek().equals(",") || peek().equals(")");
      values.add(empty ? "" : value());
      var separator = next();
      if (separator.equals(")")) {
        return List.copyOf(values);
      }
      if (!separator.equals(",")) {
        throw unreadable("',' or ')'", separator);
      }
    }
  }

  private String peek() {
    var before = at;
    var token = next();
    at = before;
    return token;
  }

  private String next() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    if (at == text.length()) {
      return END;
    }
    var from = at;
    var first = text.charAt(at++);
    if (isSymbol(first)) {
      var longer = (first == '=' || first == '!') && at < text.length() && text.charAt(at) == '=';
      return text.substring(from, longer ? ++at : at);
    }
    while (at < text.length()
        && !isSymbol(text.charAt(at))
        && !Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return text.substring(from, at);
  }

  private static boolean isSymbol(char c) {
    return "=!(),<>".indexOf(c) >= 0;
  }

  private SelectorException unreadable(String expected, String found) {
    return new SelectorException(
        "unable to parse label selector \"%s\": expected %s, found %s"
            .formatted(text, expected, found.equals(END) ? "its end" : "'" + found + "'"));
  }
}
