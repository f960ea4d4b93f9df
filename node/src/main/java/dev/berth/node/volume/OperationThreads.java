package dev.berth.node.volume;

import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of the operations under way, one for each. They are platform threads: nearly every
 * step is a system call, and each of those made on a virtual thread is handed to another thread and
 * back, which costs more than the call. One that has ended an operation stays a moment, for what
 * follows upon it.
 */
final class OperationThreads {
  private static final int STACK_BYTES = 512 * 1024;
  private static final Duration IDLE = Duration.ofMillis(100);

  // What would begin after the stop is left to the next process.
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE.toMillis(),
          TimeUnit.MILLISECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().stackSize(STACK_BYTES).name("operation").factory(),
          new ThreadPoolExecutor.DiscardPolicy());

  void start(VolumeOperation operation, Runnable work) {
    threads.execute(
        () -> {
          Thread.currentThread().setName(operation.key().kind() + " " + operation.volume());
          work.run();
        });
  }

  /** Waits for what is under way, and interrupts what is still there then. */
  void stop(Duration patience) throws InterruptedException {
    threads.shutdown();
    if (!threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      threads.shutdownNow();
    }
  }
}
