package dev.berth.node.linux;

import java.util.concurrent.CompletableFuture;

/** How a child process ended, as far as can be known. */
public sealed interface ChildResult {

  /**
   * It ended by itself.
   *
   * @param code its exit code; 128 + N when signal N that was not ours ended it
   * @param out its stdout, as text, up to the command's limit
   * @param err its stderr, likewise
   */
  record Exited(int code, String out, String err) implements ChildResult {
    public boolean ok() {
      return code == 0;
    }

    /** What it said last, for a message: stderr, or stdout when that is empty, on one line. */
    public String said() {
      var text = err.isBlank() ? out : err;
      return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
  }

  /**
   * It was ended by us, past its deadline or because its caller gave up. It is gone and will do
   * nothing more; what it had done by then is unknown.
   */
  record Killed(Cause cause, String out, String err) implements ChildResult {}

  /**
   * It does not end, not even by SIGKILL: it is stuck in the kernel. What it was asked to do may
   * have happened, or may still happen at any time; nobody waits for it any more.
   *
   * @param lateExit completes when it has ended after all
   */
  record Abandoned(long pid, Cause cause, CompletableFuture<Exited> lateExit)
      implements ChildResult {}

  /**
   * Nothing was run.
   *
   * @param reason for a person: names the tool and, where known, the Debian package that has it
   */
  record NotStarted(String tool, String reason) implements ChildResult {}

  /** Why a child was ended. */
  enum Cause {
    /** Longer than the whole time it was given. */
    TOO_LONG,
    /** No sign of progress for as long as it was given. */
    STALLED,
    /** Its caller no longer wants it. */
    CANCELLED
  }
}
