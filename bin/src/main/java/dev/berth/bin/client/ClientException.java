package dev.berth.bin.client;

/** Why a command could not be done, with what to do about it: one line for the person who typed. */
public final class ClientException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The command was understood and failed. */
  public static final int FAILED = 1;

  /** The command line itself makes no sense. */
  public static final int USAGE = 2;

  private final String message;
  private final int exitCode;

  private ClientException(String message, int exitCode) {
    super(message);
    this.message = message;
    this.exitCode = exitCode;
  }

  public static ClientException failed(String message) {
    return new ClientException(message, FAILED);
  }

  public static ClientException usage(String message) {
    return new ClientException(message, USAGE);
  }

  @Override
  public String getMessage() {
    return message;
  }

  public int exitCode() {
    return exitCode;
  }
}
