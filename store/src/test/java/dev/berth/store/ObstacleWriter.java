package dev.berth.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/** Stands between the committer and the database: holds writes and makes them fail. */
final class ObstacleWriter implements CommitLoop.Writer {
  private final CommitLoop.Writer database;
  private final AtomicReference<@Nullable RocksDBException> failure = new AtomicReference<>();
  private final Semaphore written = new Semaphore(0);
  private final Semaphore mayReturn = new Semaphore(0);
  private volatile boolean holds;

  /** Whether each write was synced, in order. */
  final List<Boolean> writes = Collections.synchronizedList(new ArrayList<>());

  ObstacleWriter(CommitLoop.Writer database) {
    this.database = database;
  }

  /** From now on a write is done, but does not return until it is told to. */
  void hold() {
    holds = true;
  }

  /** Waits until a held write is done. */
  void awaitWritten() throws InterruptedException {
    if (!written.tryAcquire(10, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was written");
    }
  }

  /** Lets held writes return, and holds no more. */
  void release() {
    holds = false;
    mayReturn.release();
  }

  /** The next write fails, and nothing is written. */
  void failNext(Status.Code code, Status.SubCode detail) {
    failure.set(new RocksDBException(new Status(code, detail, "as the test wants")));
  }

  @Override
  public void write(WriteBatch batch, boolean sync) throws RocksDBException {
    var failing = failure.getAndSet(null);
    if (failing != null) {
      throw failing;
    }
    database.write(batch, sync);
    writes.add(sync);
    if (holds) {
      written.release();
      mayReturn.acquireUninterruptibly();
    }
  }
}
