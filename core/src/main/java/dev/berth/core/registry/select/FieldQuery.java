package dev.berth.core.registry.select;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads a field selector as it stands in a request: {@code spec.nodeName=n1,status.phase!=Failed}.
 * A backslash takes the meaning from the comma, equals sign or backslash after it.
 */
final class FieldQuery {

  /**
   * One requirement.
   *
   * @param equal whether the field must have the value, or must not
   */
  record Term(String field, boolean equal, String value) {}

  private FieldQuery() {}

  /** The terms, all of which must hold; none for an empty text. */
  static List<Term> parse(String text) throws SelectorException {
    var terms = new ArrayList<Term>();
    for (var term : split(text)) {
      if (!term.isBlank()) {
        terms.add(term(text, term.strip()));
      }
    }
    return terms;
  }

  private static Term term(String text, String term) throws SelectorException {
    for (var i = 0; i < term.length(); i++) {
      if (term.startsWith("!=", i)) {
        return new Term(term.substring(0, i), false, unescaped(text, term.substring(i + 2)));
      }
      if (term.charAt(i) == '=') {
        var length = term.startsWith("==", i) ? 2 : 1;
        return new Term(term.substring(0, i), true, unescaped(text, term.substring(i + length)));
      }
    }
    throw new SelectorException(
        "invalid field selector \"%s\": '%s' has none of =, == and !=".formatted(text, term));
  }

  private static List<String> split(String text) {
    var terms = new ArrayList<String>();
    var from = 0;
    for (var i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == ',') {
        terms.add(text.substring(from, i));
        from = i + 1;
      }
    }
    terms.add(text.substring(from));
    return terms;
  }

  private static String unescaped(String text, String value) throws SelectorException {
    var result = new StringBuilder();
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (c == '\\') {
        i++;
        if (i == value.length() || "\\,=".indexOf(value.charAt(i)) < 0) {
          throw new SelectorException(
              "invalid field selector \"%s\": a backslash in a value needs one of \\ , = after it"
                  .formatted(text));
        }
        result.append(value.charAt(i));
      } else if (c == '=') {
        throw new SelectorException(
            "invalid field selector \"%s\": an equals sign in a value needs a backslash before it"
                .formatted(text));
      } else {
        result.append(c);
      }
    }
    return result.toString();
  }
}
