package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import java.util.List;
import java.util.stream.Stream;

/** What a client's user should know, as headers of an answer. */
final class Warnings {
  private static final int MOST = 20;
  private static final int LONGEST = 1000;

  private Warnings() {}

  /** The answer with the warnings of the body and of the write, as many as are bearable. */
  static Answer.Whole with(Answer.Whole answer, List<String> ofBody, List<String> ofWrite) {
    var result = answer;
    for (var warning : Stream.concat(ofBody.stream(), ofWrite.stream()).limit(MOST).toList()) {
      result = result.with("warning", "299 - \"" + quotable(warning) + "\"");
    }
    return result;
  }

  /** A text as it may stand between quotes in a header. */
  private static String quotable(String text) {
    var quotable = new StringBuilder();
    text.chars()
        .limit(LONGEST)
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quotable.append('\\');
              }
              quotable.append(c < ' ' || c > '~' ? '?' : (char) c);
            });
    return quotable.toString();
  }
}
