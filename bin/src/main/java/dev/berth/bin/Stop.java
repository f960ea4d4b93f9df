package dev.berth.bin;

/**
 * Why the server ends.
 *
 * @param exitCode what the process tells whoever started it
 * @param reason for the log
 */
record Stop(int exitCode, String reason) {
  /** Somebody asked for it. */
  static final int CLEAN = 0;

  /** The configuration cannot be used; the message names the setting. */
  static final int BAD_CONFIGURATION = 2;

  /** The store cannot be opened, or can no longer be trusted. */
  static final int STORE = 3;

  /** Another process listens where this one should. */
  static final int ADDRESS_IN_USE = 4;
}
