package dev.berth.node.linux;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/** A child whose standard streams are pipes in the caller's hands. */
public interface PipedChild {

  /** Its process id, which is also its process group. */
  long pid();

  OutputStream stdin();

  /** Reads block their thread: use one per stream. */
  InputStream stdout();

  InputStream stderr();

  /** Completes with the exit code (128 + N for signal N) when it has ended. */
  CompletableFuture<Integer> exit();

  /** Sends a signal to its whole group. */
  void signal(int signal);
}
