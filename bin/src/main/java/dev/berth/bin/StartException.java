package dev.berth.bin;

/** Why the server could not be started; the message is for the person who started it. */
final class StartException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  StartException(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** One of those of {@link Stop}. */
  int exitCode() {
    return exitCode;
  }
}
