package dev.berth.node.linux;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs native calls on platform threads. The kernel's error number belongs to an operating system
 * thread: on a virtual thread another one may have overwritten it before it is read. And a native
 * call pins the carrier of a virtual thread, of which there may be only two.
 */
final class NativeThreads {
  private static final int THREADS = 8;
  private static final int IDLE_SECONDS = 30;

  private final ExecutorService pool;

  NativeThreads() {
    var executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("syscall-", 0).daemon().factory());
    executor.allowCoreThreadTimeOut(true);
    this.pool = executor;
  }

  /** A native call together with the reading of its error number. */
  @FunctionalInterface
  interface Call<T> {
    T make() throws SyscallException;
  }

  <T> T run(Call<T> call) throws SyscallException {
    if (!Thread.currentThread().isVirtual()) {
      return call.make();
    }
    return await(pool.submit(call::make));
  }

  /** Calls are short: an interrupt waits for the end of the call and is kept. */
  private static <T> T await(Future<T> future) throws SyscallException {
    var interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case SyscallException refused -> throw refused;
            case Error error -> throw error;
            case RuntimeException fault -> throw fault;
            case null, default -> throw new IllegalStateException(e);
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
