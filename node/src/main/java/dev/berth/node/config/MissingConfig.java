package dev.berth.node.config;

/** An object, or a value in it, that a pod needs does not exist; the message names it. */
public final class MissingConfig extends Exception {
  private static final long serialVersionUID = 1;

  public MissingConfig(String message) {
    super(message);
  }

  /** For people. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
