package dev.berth.store;

import dev.berth.core.storage.StoreException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Where the database is read. A native call pins the carrier of a virtual thread, of which there
 * may be only two; so what a virtual thread asks for is done by one of a few platform threads.
 * Everyone else reads on its own thread. When too many reads wait, they fail as unavailable.
 */
final class ReadPool implements AutoCloseable {

  /** A read of the database. */
  interface Read<T extends @Nullable Object> {
    T run() throws RocksDBException;
  }

  private final Gate gate;
  private final Fault fault;
  private final ThreadPoolExecutor threads;

  ReadPool(Gate gate, Fault fault, int threadCount, int queueBound) {
    this.gate = gate;
    this.fault = fault;
    this.threads =
        new ThreadPoolExecutor(
            threadCount,
            threadCount,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queueBound),
            Thread.ofPlatform().daemon().name("berth-store-read-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  <T extends @Nullable Object> T read(Read<T> read) {
    if (!Thread.currentThread().isVirtual()) {
      return readHere(read);
    }
    var answer = new CompletableFuture<T>();
    try {
      threads.execute(() -> complete(answer, read));
    } catch (RejectedExecutionException e) {
      throw threads.isShutdown()
          ? closedFailure()
          : new StoreException.Unavailable(
              "too many reads of the store are waiting; try again later", e);
    }
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException failure ? failure : e;
    }
  }

  @SuppressWarnings("NullAway") // A future's completion with null is what T allows.
  private <T extends @Nullable Object> void complete(CompletableFuture<T> answer, Read<T> read) {
    try {
      answer.complete(readHere(read));
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  /** Reads on the calling platform thread. */
  <T extends @Nullable Object> T readHere(Read<T> read) {
    if (!gate.enter()) {
      throw closedFailure();
    }
    try {
      return read.run();
    } catch (RocksDBException e) {
      throw fault.raise("reading", e);
    } catch (IllegalStateException e) {
      // What was read cannot have been written by this code.
      throw fault.raise("reading", e);
    } finally {
      gate.leave();
    }
  }

  static StoreException.Broken closedFailure() {
    return new StoreException.Broken("the store has been closed", null);
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
