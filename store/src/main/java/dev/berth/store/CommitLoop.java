package dev.berth.store;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.store.CommitQueue.Pending;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * The one thread that commits. While it writes and syncs a group, the next one gathers in the
 * queue; so the more is waiting, the more is written with one sync. A group of relaxed transactions
 * only is not synced.
 *
 * <p>Order of a group: check, write and sync, note the revision as acknowledged, let readers see
 * it, tell watchers, answer.
 *
 * <p>Failures: when the disk is full the group is answered as unavailable and nothing of it is
 * applied; RocksDB resumes by itself within seconds once there is room, until then it refuses every
 * write with the same error. (Should the process die before, a group that had been written but
 * whose sync met the full disk can come back when the store is opened.) Any other failure breaks
 * the store: what a failed sync left on the disk cannot be known.
 */
final class CommitLoop {

  /** Where a batch is written: the database, or a test's obstacle before it. */
  interface Writer {
    void write(WriteBatch batch, boolean sync) throws RocksDBException;
  }

  private final StoreConfig config;
  private final Database database;
  private final Writer writer;
  private final HeadCache cache;
  private final AbsenceIndex absences;
  private final Horizon horizon;
  private final RelaxedCeiling ceiling;
  private final Acknowledged acknowledged;
  private final WatchHub watches;
  private final SpaceGuard space;
  private final Fault fault;
  private final StoreMeters meters;
  private final LongSupplier nanoTime;
  private final CommitQueue queue;
  private final Thread thread;

  CommitLoop(
      StoreConfig config,
      OpenedStore opened,
      Writer writer,
      HeadCache cache,
      AbsenceIndex absences,
      WatchHub watches,
      SpaceGuard space,
      Fault fault,
      StoreMeters meters,
      LongSupplier nanoTime) {
    this.config = config;
    this.database = opened.database();
    this.writer = writer;
    this.cache = cache;
    this.absences = absences;
    this.horizon = opened.horizon();
    this.ceiling = opened.ceiling();
    this.acknowledged = opened.acknowledged();
    this.watches = watches;
    this.space = space;
    this.fault = fault;
    this.meters = meters;
    this.nanoTime = nanoTime;
    this.queue = new CommitQueue(config.commits().waiting(), config.commits().waitingBytes());
    this.thread = Thread.ofPlatform().daemon().name("berth-store-commit").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  CompletableFuture<Commit> commit(Transaction transaction) {
    var answer = new CompletableFuture<Commit>();
    try {
      var broken = fault.get();
      if (broken != null) {
        throw broken;
      }
      queue.add(new Pending(transaction, answer, bytes(transaction), nanoTime.getAsLong()));
    } catch (StoreException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  private static long bytes(Transaction transaction) {
    var bytes = 0L;
    for (var step : transaction.steps()) {
      if (step instanceof Transaction.Put put) {
        bytes += put.document().length;
      }
    }
    return bytes;
  }

  int waiting() {
    return queue.size();
  }

  private void run() {
    while (true) {
      var pending = queue.take(config.commits().group(), config.commits().groupBytes());
      if (pending.isEmpty()) {
        return;
      }
      commit(pending);
    }
  }

  @SuppressWarnings("CatchingUnchecked") // Whatever it is, nobody may be left without an answer.
  private void commit(List<Pending> pending) {
    try {
      var broken = fault.get();
      if (broken != null) {
        throw broken;
      }
      commitGroup(pending);
    } catch (StoreException e) {
      fail(pending, e);
    } catch (RocksDBException | RuntimeException | Error e) {
      var broken = fault.raise("committing", e);
      fail(pending, broken);
      watches.endAll(broken);
    }
  }

  private void commitGroup(List<Pending> pending) throws RocksDBException {
    var note = WalNote.encode(horizon.durable());
    try (var group = new CommitGroup(database, cache, absences, horizon.newest(), note)) {
      for (var one : pending) {
        group.add(one);
      }
      if (group.hasWrites()) {
        write(group);
        group.remember();
        watches.publish(group.newest(), group.changes());
      }
      group.answer();
      meters.committed(group, pending.getFirst().since(), nanoTime.getAsLong());
    }
  }

  private void write(CommitGroup group) throws RocksDBException {
    var refusal = space.refusal();
    if (refusal != null) {
      throw new StoreException.Unavailable(refusal, null);
    }
    var sync = group.anySynced() || ceiling.mustSync(group.anyRelaxed(), group.newest());
    var newCeiling = sync ? ceiling.toWrite(group.anyRelaxed(), group.newest()) : 0;
    if (newCeiling != 0) {
      database.putNumber(group.batch(), Database.CEILING, newCeiling);
    }
    var start = nanoTime.getAsLong();
    try {
      writer.write(group.batch(), sync);
    } catch (RocksDBException e) {
      if (isNoSpace(e)) {
        throw new StoreException.Unavailable(space.refusalOfDatabase(), e);
      }
      throw e;
    }
    if (sync) {
      meters.synced(nanoTime.getAsLong() - start);
      acknowledged.write(group.newest());
      horizon.advanceDurable(group.newest());
    }
    if (newCeiling != 0) {
      ceiling.wrote(newCeiling);
    }
  }

  static boolean isNoSpace(RocksDBException e) {
    var status = e.getStatus();
    return status != null && status.getSubCode() == Status.SubCode.NoSpace;
  }

  private void fail(List<Pending> pending, StoreException why) {
    meters.failed(pending.size(), why);
    pending.forEach(one -> one.answer().completeExceptionally(why));
  }

  /** Commits what was handed in, and ends. */
  void close() {
    queue.close();
    Threads.join(thread);
  }
}
