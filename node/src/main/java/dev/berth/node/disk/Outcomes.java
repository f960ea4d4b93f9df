package dev.berth.node.disk;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildResult;

/** Reads a child's end as the outcome of what it was for. */
final class Outcomes {
  private Outcomes() {}

  /**
   * The outcome of a command that succeeds with exit code 0.
   *
   * @param what what was done to what, for messages: "formatting /dev/loop3"
   */
  static Outcome of(String what, ChildCommand command, ChildResult result) {
    return switch (result) {
      case ChildResult.Exited exited ->
          exited.ok()
              ? new Outcome.Done(exited.said())
              : new Outcome.Failed(
                  "%s failed: %s ended with %d: %s"
                      .formatted(what, command.tool(), exited.code(), exited.said()));
      case ChildResult.Killed killed ->
          new Outcome.Uncertain(
              "%s was broken off: %s was ended (%s)"
                  .formatted(what, command.tool(), killed.cause()),
              false);
      case ChildResult.Abandoned abandoned ->
          new Outcome.Uncertain(
              "%s does not end: %s (process %d) is stuck in the kernel and may still take effect"
                  .formatted(what, command.tool(), abandoned.pid()),
              true);
      case ChildResult.NotStarted missing ->
          new Outcome.ToolMissing(missing.tool(), what + " failed: " + missing.reason());
    };
  }
}
