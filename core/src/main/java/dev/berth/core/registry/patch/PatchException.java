package dev.berth.core.registry.patch;

/** A patch cannot be applied to the document; the message says which part and why. */
public final class PatchException extends Exception {
  private final String why;

  PatchException(String why) {
    super(why);
    this.why = why;
  }

  /** The message. */
  public String why() {
    return why;
  }
}
