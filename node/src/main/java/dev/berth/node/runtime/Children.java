package dev.berth.node.runtime;

import dev.berth.node.linux.ChildResult;

/** What a child process's failure means in words. */
final class Children {
  private Children() {}

  /** Why a child did not do what it was started for; for a child that did, that it did. */
  static String failure(ChildResult result) {
    return switch (result) {
      case ChildResult.Exited exited ->
          exited.said().isEmpty() ? "exit code " + exited.code() : exited.said();
      case ChildResult.Killed killed ->
          switch (killed.cause()) {
            case TOO_LONG -> "it took too long and was ended";
            case STALLED -> "it made no progress any more and was ended";
            case CANCELLED -> "it was cancelled";
          };
      case ChildResult.Abandoned abandoned ->
          "it hangs in the kernel (process " + abandoned.pid() + ")";
      case ChildResult.NotStarted notStarted -> notStarted.reason();
    };
  }
}
