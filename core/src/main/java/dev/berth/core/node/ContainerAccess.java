package dev.berth.core.node;

import java.io.InputStream;

/**
 * Runs commands in containers and reads their output. Both calls may wait (for a child process, for
 * a disk): call them from a virtual thread, never from an event loop. What can be refused is
 * refused before they return, so that an HTTP answer can still say so.
 */
public interface ContainerAccess {

  /**
   * Starts a command in a running container. Its output goes to {@code output}, from threads of the
   * node. The session ends when the command has ended and nothing that it left running holds its
   * output open, or when it is closed.
   *
   * @throws ContainerAccessException when there is no such container, it does not run, the command
   *     cannot be started, or too many sessions are open
   */
  ExecSession exec(ContainerTarget target, ExecCommand command, ExecOutput output)
      throws ContainerAccessException, InterruptedException;

  /**
   * Opens the output of a container: stdout and stderr as they came, one line after the other. The
   * stream ends where the log ends or, when {@link LogQuery#follow} is asked for, after the
   * container has exited and all of its output was read. A read may wait as long as the container
   * is silent; {@link InputStream#close} from any thread ends that read and the stream.
   *
   * @throws ContainerAccessException when there is no such container or, with {@link
   *     LogQuery#previous}, no earlier run of it
   */
  InputStream logs(ContainerTarget target, LogQuery query)
      throws ContainerAccessException, InterruptedException;
}
