package dev.berth.core.registry.select;

/** A selector cannot be understood; the message says which part and what would be. */
public final class SelectorException extends Exception {
  private final String why;

  SelectorException(String why) {
    super(why);
    this.why = why;
  }

  /** The message. */
  public String why() {
    return why;
  }
}
