package dev.berth.node.linux;

import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** A child process under supervision: its deadline is kept whether or not anybody waits. */
public interface RunningChild {

  /** Its process id, which is also its process group; empty when it was not started. */
  OptionalLong pid();

  /**
   * Completes, never exceptionally, when the child has ended or was abandoned. What is to be done
   * then must not wait for anything: it may run on the thread that sees to all children.
   */
  CompletableFuture<ChildResult> result();

  /**
   * Ends it: SIGTERM to its group, then SIGKILL. The result follows; a second time does nothing.
   */
  void cancel();

  /** Waits for the result; an interrupt cancels the child. */
  ChildResult await() throws InterruptedException;
}
