package dev.berth.api.document;

/** A document cannot be read; the message says where and why. */
public final class MalformedDocument extends RuntimeException {

  public MalformedDocument(String message) {
    super(message);
  }

  /**
   * @param line from 1, or less when it is not known
   * @param column from 1
   */
  static MalformedDocument at(int line, int column, String problem) {
    var first = problem.strip().lines().findFirst().orElse("it cannot be read");
    var sentence = first.length() > 300 ? first.substring(0, 300) + "…" : first;
    return new MalformedDocument(
        line < 1 ? sentence : "line %d, column %d: %s".formatted(line, column, sentence));
  }

  /** What it is about; never null. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
