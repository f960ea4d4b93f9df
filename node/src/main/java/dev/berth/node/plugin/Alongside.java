package dev.berth.node.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Does two things of one operation at the same time. */
public interface Alongside {

  /** Something on the node's own disk or in the store. It starts no child processes. */
  @FunctionalInterface
  interface Side {
    void run() throws IOException;
  }

  /** What the operation does itself. */
  @FunctionalInterface
  interface Main<T> {
    T run() throws IOException, InterruptedException;
  }

  /**
   * Does both, in whatever order, and returns when both have ended, also when one of them fails.
   *
   * @return what {@code main} returned
   */
  <T> T both(Side side, Main<T> main) throws IOException, InterruptedException;

  /** With a virtual thread for the side. */
  static Alongside onVirtualThread() {
    return new Alongside() {
      @Override
      public <T> T both(Side side, Main<T> main) throws IOException, InterruptedException {
        var ended = CompletableFuture.runAsync(() -> run(side), Thread::startVirtualThread);
        T result;
        try {
          result = main.run();
        } finally {
          ended.exceptionally(_ -> null).join();
        }
        try {
          ended.join();
        } catch (CompletionException e) {
          if (e.getCause() instanceof UncheckedIOException failure) {
            throw failure.getCause();
          }
          throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
        return result;
      }
    };
  }

  private static void run(Side side) {
    try {
      side.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
