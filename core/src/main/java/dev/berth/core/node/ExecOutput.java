package dev.berth.core.node;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Receives what a command in a container writes. Called from threads of the node, stdout and stderr
 * each in order, possibly at the same time as the other. A call may block as long as the receiver
 * cannot take more: the command then waits on its own output. A call that throws ends the session.
 */
public interface ExecOutput {

  /**
   * Bytes of its standard output, or of its terminal.
   *
   * @param bytes valid only during the call
   */
  void stdout(ByteBuffer bytes) throws IOException;

  /**
   * Bytes of its standard error.
   *
   * @param bytes valid only during the call
   */
  void stderr(ByteBuffer bytes) throws IOException;

  /**
   * The command has ended and all of its output was delivered. The last call, and the only one of
   * its kind.
   */
  void ended(ExecResult result);
}
