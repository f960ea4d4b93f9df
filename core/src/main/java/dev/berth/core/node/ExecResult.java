package dev.berth.core.node;

/** How a command in a container ended. */
public sealed interface ExecResult {

  /**
   * It ran and ended.
   *
   * @param code its exit code; 128 + signal when a signal ended it
   */
  record Exited(int code) implements ExecResult {}

  /**
   * It could not be run to its end.
   *
   * @param message what happened, for the person who asked
   */
  record Failed(String message) implements ExecResult {}
}
