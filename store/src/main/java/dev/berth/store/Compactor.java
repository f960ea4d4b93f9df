package dev.berth.store;

import dev.berth.core.storage.ObjectKey;
import dev.berth.store.Database.Column;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets history. To compact up to revision C is to delete every version that was replaced or
 * removed at or before C, every tombstone written at or before C, and the log up to C; then C is
 * the oldest revision that can be read, and changes after it can still be watched. What to delete
 * is read from the log, so it costs what the changes cost, not what the objects do.
 *
 * <p>It is done in steps of bounded size, each one write that also moves the stored C; so it may be
 * killed anywhere. The steps are not synced: one that is lost is done again.
 */
final class Compactor implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Compactor.class);

  private final Database database;
  private final Horizon horizon;
  private final Retention retention;
  private final Fault fault;
  private final StoreMeters meters;
  private final StoreDirectory directory;
  private final StoreConfig config;
  private final LongSupplier nanoTime;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stopped = lock.newCondition();
  private boolean stop;

  /**
   * How far the database is compacted. Less than {@link Horizon#compacted} after a step that
   * failed.
   */
  private long done;

  Compactor(
      StoreConfig config,
      OpenedStore opened,
      Fault fault,
      StoreMeters meters,
      LongSupplier nanoTime) {
    this.config = config;
    this.database = opened.database();
    this.horizon = opened.horizon();
    this.directory = opened.directory();
    this.retention = new Retention(config.history().revisions(), config.history().age().toNanos());
    this.fault = fault;
    this.meters = meters;
    this.nanoTime = nanoTime;
    this.done = horizon.compacted();
    this.thread = Thread.ofPlatform().daemon().name("berth-store-compaction").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    do {
      directory.makeReserve(config.space().reserveBytes(), config.space().minFreeBytes());
      try {
        meters.size(database.sizeBytes());
        compact(retention.target(nanoTime.getAsLong(), horizon.newest()));
      } catch (RocksDBException e) {
        if (!CommitLoop.isNoSpace(e)) {
          fault.raise("compacting", e);
          return;
        }
        log.warn("the disk is full: history is compacted when there is room again");
      } catch (RuntimeException e) {
        fault.raise("compacting", e);
        return;
      }
    } while (!waitForNext());
  }

  /** True when it is to end. */
  private boolean waitForNext() {
    lock.lock();
    try {
      var nanos = config.history().interval().toNanos();
      while (!stop && nanos > 0) {
        nanos = stopped.awaitNanos(nanos);
      }
      return stop;
    } catch (InterruptedException e) {
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Compacts up to {@code target}, or as far as it came when it is stopped. */
  void compact(long target) throws RocksDBException {
    var more = true;
    while (more) {
      lock.lock();
      try {
        more = !stop && step(Math.min(target, horizon.newest()));
      } finally {
        lock.unlock();
      }
    }
  }

  /** False when nothing was left to do. */
  private boolean step(long target) throws RocksDBException {
    if (done >= target) {
      return false;
    }
    var start = nanoTime.getAsLong();
    try (var batch = new WriteBatch()) {
      var through = forget(batch, target);
      database.deleteRange(batch, Column.LOG, KeyLayout.log(done + 1), KeyLayout.log(through + 1));
      database.putNumber(batch, Database.COMPACTED, through);
      horizon.compact(Math.max(through, horizon.compacted()));
      database.write(batch, false);
      meters.compacted(through - done, nanoTime.getAsLong() - start);
      done = through;
      return true;
    }
  }

  /** Puts into the batch what a step is to delete, and returns how far the step goes. */
  private long forget(WriteBatch batch, long target) throws RocksDBException {
    try (var iterator = database.iterator(Column.LOG)) {
      iterator.seek(KeyLayout.log(done + 1));
      var through = done;
      for (var i = 0; i < config.history().step() && iterator.isValid(); i++) {
        var revision = KeyLayout.logRevision(iterator.key());
        if (revision > target) {
          // Within a gap, whose entry lies at its end and stays.
          return through == done ? target : through;
        }
        forget(batch, revision, LogEntry.decode(iterator.value()));
        through = revision;
        iterator.next();
      }
      iterator.status();
      if (through == done) {
        throw new IllegalStateException("the log ends at " + done + " before " + target);
      }
      return through;
    }
  }

  private void forget(WriteBatch batch, long revision, LogEntry entry) throws RocksDBException {
    switch (entry) {
      case LogEntry.Written(var key, var previous) -> {
        if (previous != 0) {
          forget(batch, key, previous);
        }
      }
      case LogEntry.Removed(var key, var previous) -> {
        forget(batch, key, previous);
        forget(batch, key, revision);
      }
      case LogEntry.Gap gap -> {}
    }
  }

  private void forget(WriteBatch batch, ObjectKey key, long revision) throws RocksDBException {
    var version = KeyLayout.version(KeyLayout.stem(key), revision);
    database.deleteOnlyPut(batch, Column.VERSIONS, version);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      stop = true;
      stopped.signalAll();
    } finally {
      lock.unlock();
    }
    Threads.join(thread);
  }
}
