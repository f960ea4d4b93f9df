package dev.berth.node.linux;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Runs programs (util-linux and the file systems' own) in children, each in a session and process
 * group of its own, without stdin and without any file of ours. A child that is stuck in the kernel
 * never blocks this process, its exit included.
 */
public interface ChildProcesses {

  /** Starts a child; a tool that is missing shows as {@link ChildResult.NotStarted}. */
  RunningChild start(ChildCommand command) throws InterruptedException;

  /** The file of a program, for handing it to another one; empty when it is not installed. */
  Optional<Path> locate(String tool);

  /** Runs a child to its end, or to its deadline. Meant for virtual threads. */
  default ChildResult run(ChildCommand command) throws InterruptedException {
    return start(command).await();
  }

  /**
   * Starts a child whose stdin, stdout and stderr the caller works with, and whose end nobody but
   * the caller sees to. Deadline and output limit of the command do not apply.
   *
   * @throws java.io.IOException when it cannot be started; the message names tool and remedy
   */
  PipedChild pipe(ChildCommand command) throws java.io.IOException, InterruptedException;
}
