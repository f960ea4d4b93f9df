package dev.berth.bin.config;

/** A setting that cannot be; the message names it, what was found and what is expected. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }

  static ConfigException of(String setting, Object found, String expected) {
    return new ConfigException(
        "setting " + setting + ": expected " + expected + ", found \"" + found + "\"");
  }
}
