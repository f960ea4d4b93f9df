package dev.berth.node.volume;

import dev.berth.node.disk.ToldUse;
import dev.berth.node.plugin.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The threads of the operations under way, one for each volume. They are platform threads: nearly
 * every step is a system call, and each of those made on a virtual thread is handed to another
 * thread and back, which costs more than the call.
 */
final class OperationThreads {
  private static final int STACK_BYTES = 512 * 1024;

  private record Running(Thread thread, UseGate gate) {}

  private final Map<VolumeId, Running> running = new ConcurrentHashMap<>();

  /** What has to be done for an operation; the volume counts as free when it returns. */
  @FunctionalInterface
  interface Work {
    /**
     * Carries the operation out; what it returns is run when the volume has no thread any more.
     *
     * @param told that the volume is in use here
     */
    Runnable carryOut(VolumeOperation operation, ToldUse told);
  }

  /**
   * @param told whether the use of a volume has been told already
   */
  void start(VolumeOperation operation, Predicate<VolumeId> told, Work work) {
    var gate = new UseGate(operation.volume(), UseGate.PATIENCE);
    if (told.test(operation.volume())) {
      gate.open();
    }
    var thread =
        Thread.ofPlatform()
            .daemon()
            .stackSize(STACK_BYTES)
            .name(operation.key().kind() + " " + operation.volume())
            .unstarted(
                () -> {
                  var then = work.carryOut(operation, gate);
                  running.remove(operation.volume());
                  then.run();
                });
    running.put(operation.volume(), new Running(thread, gate));
    thread.start();
  }

  /** Lets those go on whose volumes' use has been told. */
  void told(Predicate<VolumeId> volumes) {
    running.forEach(
        (volume, operation) -> {
          if (volumes.test(volume)) {
            operation.gate().open();
          }
        });
  }

  /** Waits for what does something, and interrupts what is still there then. */
  void stop(Duration patience) throws InterruptedException {
    running.values().forEach(operation -> operation.gate().close());
    var deadline = System.nanoTime() + patience.toNanos();
    for (var operation : List.copyOf(running.values())) {
      if (operation.thread().isAlive()) {
        operation.thread().join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
    }
    running.values().forEach(operation -> operation.thread().interrupt());
  }
}
