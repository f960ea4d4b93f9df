package dev.berth.store;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits for the committer, bounded in number and in bytes of documents. */
final class CommitQueue {

  /**
   * A transaction and where its answer goes.
   *
   * @param bytes of its documents
   * @param since the clock's nanoseconds when it was handed in
   */
  record Pending(
      Transaction transaction, CompletableFuture<Commit> answer, long bytes, long since) {}

  private final int boundTransactions;
  private final long boundBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Deque<Pending> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean closed;

  CommitQueue(int boundTransactions, long boundBytes) {
    this.boundTransactions = boundTransactions;
    this.boundBytes = boundBytes;
  }

  /** Fails when the queue is full or closed. A single transaction always fits an empty queue. */
  void add(Pending pending) {
    lock.lock();
    try {
      if (closed) {
        throw ReadPool.closedFailure();
      }
      var full =
          waiting.size() >= boundTransactions
              || (!waiting.isEmpty() && waitingBytes + pending.bytes() > boundBytes);
      if (full) {
        throw new StoreException.Unavailable(
            waiting.size()
                + " transactions ("
                + waitingBytes
                + " bytes) wait for the store already; try again later",
            null);
      }
      waiting.add(pending);
      waitingBytes += pending.bytes();
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is something, and takes it, up to the given bounds but at least one. Empty
   * only when the queue is closed and empty.
   */
  List<Pending> take(int mostTransactions, long mostBytes) {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        notEmpty.awaitUninterruptibly();
      }
      var taken = new ArrayList<Pending>(Math.min(waiting.size(), mostTransactions));
      var bytes = 0L;
      while (!waiting.isEmpty() && taken.size() < mostTransactions && bytes < mostBytes) {
        var pending = waiting.removeFirst();
        bytes += pending.bytes();
        taken.add(pending);
      }
      waitingBytes -= bytes;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing more in; what waits can still be taken out. */
  void close() {
    lock.lock();
    try {
      closed = true;
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }
}
