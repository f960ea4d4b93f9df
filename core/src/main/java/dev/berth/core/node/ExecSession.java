package dev.berth.core.node;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A command running in a container. All methods may be called from any thread. */
public interface ExecSession extends AutoCloseable {

  /**
   * Writes to the command's standard input; blocks as long as the command does not read.
   *
   * @throws IOException when the command no longer reads, or has no standard input
   */
  void stdin(ByteBuffer bytes) throws IOException;

  /** Ends the command's standard input (on a terminal: sends end of file). Idempotent. */
  void closeStdin() throws IOException;

  /** Tells the command's terminal its size in characters; without a terminal nothing happens. */
  void resize(int columns, int rows);

  /**
   * Ends the session: a command that still runs gets SIGHUP and, two seconds later, SIGKILL.
   * Returns at once; {@link ExecOutput#ended} still comes. Idempotent.
   */
  @Override
  void close();
}
