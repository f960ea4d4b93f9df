package dev.berth.node.volume;

import dev.berth.node.plugin.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The threads of the operations under way, one for each volume. They are platform threads: nearly
 * every step is a system call, and each of those made on a virtual thread is handed to another
 * thread and back, which costs more than the call.
 */
final class OperationThreads {
  private static final int STACK_BYTES = 512 * 1024;

  private final Map<VolumeId, Thread> threads = new ConcurrentHashMap<>();

  /** What has to be done for an operation; the volume counts as free when it returns. */
  @FunctionalInterface
  interface Work {
    /** Carries the operation out; what it returns is run when the volume has no thread any more. */
    Runnable carryOut();
  }

  void start(VolumeOperation operation, Work work) {
    var thread =
        Thread.ofPlatform()
            .daemon()
            .stackSize(STACK_BYTES)
            .name(operation.key().kind() + " " + operation.volume())
            .unstarted(
                () -> {
                  var then = work.carryOut();
                  threads.remove(operation.volume());
                  then.run();
                });
    threads.put(operation.volume(), thread);
    thread.start();
  }

  /** Waits for what is under way, and interrupts what is still there then. */
  void stop(Duration patience) throws InterruptedException {
    var deadline = System.nanoTime() + patience.toNanos();
    for (var thread : List.copyOf(threads.values())) {
      if (thread.isAlive()) {
        thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
    }
    threads.values().forEach(Thread::interrupt);
  }
}
