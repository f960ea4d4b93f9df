package dev.berth.it.harness;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Sixteen clients that share out many things to do. */
public final class ManyClients {
  private static final int CLIENTS = 16;

  private ManyClients() {}

  /** Connects a client. */
  @FunctionalInterface
  public interface Opening<C extends Closeable> {
    C open() throws Exception;
  }

  /** One of many things to do, on a client's connection. */
  @FunctionalInterface
  public interface Task<C extends Closeable> {
    void run(C connection, int number) throws Exception;
  }

  /**
   * Does something for each number below {@code count}.
   *
   * @throws ExecutionException when it failed for one
   */
  public static <C extends Closeable> void each(int count, Opening<C> opening, Task<C> task)
      throws InterruptedException, ExecutionException {
    var next = new AtomicInteger();
    var clients = new ArrayList<Callable<Void>>();
    for (var i = 0; i < CLIENTS; i++) {
      clients.add(
          () -> {
            try (var connection = opening.open()) {
              for (var n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                task.run(connection, n);
              }
            }
            return null;
          });
    }
    try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
      for (var done : threads.invokeAll(clients)) {
        done.get();
      }
    }
  }
}
