package dev.berth.store;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.store.CommitQueue.Pending;
import dev.berth.store.Database.Column;
import dev.berth.store.HeadCache.Head;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Transactions that are written together. Each is checked against the newest state and those before
 * it in the group; one that fails takes no other with it. Nobody is answered before the group is
 * durable, not even one that failed, because it may have failed over a write of the same group.
 */
final class CommitGroup implements AutoCloseable {

  private sealed interface Outcome {}

  private record Applied(Commit commit) implements Outcome {}

  private record Failed(StoreException.Conflict why) implements Outcome {}

  private record Answer(Pending pending, Outcome outcome) {}

  private final Database database;
  private final HeadCache cache;
  private final AbsenceIndex absences;
  private final WriteBatch batch = new WriteBatch();
  private final Map<ObjectKey, Head> heads = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private @Nullable RocksIterator iterator;
  private long newest;
  private int conflicts;
  private boolean anySynced;
  private boolean anyRelaxed;

  /**
   * @param newest the newest revision that is written
   */
  CommitGroup(
      Database database, HeadCache cache, AbsenceIndex absences, long newest, byte[] walNote)
      throws RocksDBException {
    this.database = database;
    this.cache = cache;
    this.absences = absences;
    this.newest = newest;
    batch.putLogData(walNote);
  }

  void add(Pending pending) throws RocksDBException {
    var transaction = pending.transaction();
    var steps = transaction.steps();
    var found = new Head[steps.size()];
    for (var i = 0; i < found.length; i++) {
      var step = steps.get(i);
      found[i] = head(step.key());
      var revision = found[i].objectRevision();
      if (!step.expected().holdsFor(revision)) {
        var conflict = new StoreException.Conflict(step.key(), step.expected(), revision);
        answers.add(new Answer(pending, new Failed(conflict)));
        conflicts++;
        return;
      }
    }
    var revisions = new long[found.length];
    for (var i = 0; i < found.length; i++) {
      revisions[i] = apply(steps.get(i), found[i].object(), transaction.durability());
    }
    answers.add(new Answer(pending, new Applied(new Commit(revisions, newest))));
  }

  private Head head(ObjectKey key) throws RocksDBException {
    var known = heads.get(key);
    if (known != null) {
      return known;
    }
    var head = cache.get(key);
    if (head == null) {
      head = absences.isAbsent(key) ? Head.NOTHING : lookUp(key);
    }
    heads.put(key, head);
    return head;
  }

  private Head lookUp(ObjectKey key) throws RocksDBException {
    if (iterator == null) {
      iterator = database.iterator(Column.VERSIONS);
    }
    return VersionReader.head(iterator, key, KeyLayout.stem(key), Long.MAX_VALUE);
  }

  /** Returns the revision to report for the step. */
  private long apply(
      Transaction.Step step, @Nullable StoredObject before, Transaction.Durability durability)
      throws RocksDBException {
    return switch (step) {
      case Transaction.Put(var key, var expected, var document) -> {
        write(key, before, new StoredObject(key, newest + 1, document), durability);
        yield newest;
      }
      case Transaction.Delete(var key, var expected) -> {
        if (before == null) {
          yield 0;
        }
        write(key, before, null, durability);
        yield newest;
      }
      case Transaction.Check check -> before == null ? 0 : before.revision();
    };
  }

  private void write(
      ObjectKey key,
      @Nullable StoredObject before,
      @Nullable StoredObject after,
      Transaction.Durability durability)
      throws RocksDBException {
    newest++;
    var stem = KeyLayout.stem(key);
    var value = StoredVersion.encode(after == null ? null : after.document());
    database.put(batch, Column.VERSIONS, KeyLayout.version(stem, newest), value);
    var code = after == null ? LogEntry.REMOVED : LogEntry.WRITTEN;
    var previous = before == null ? 0 : before.revision();
    var entry = LogEntry.encode(code, previous, stem);
    database.put(batch, Column.LOG, KeyLayout.log(newest), entry);
    heads.put(key, new Head(newest, after));
    changes.add(new Change(key, newest, before, after));
    switch (durability) {
      case SYNCED -> anySynced = true;
      case RELAXED -> anyRelaxed = true;
    }
  }

  boolean hasWrites() {
    return !changes.isEmpty();
  }

  boolean anySynced() {
    return anySynced;
  }

  boolean anyRelaxed() {
    return anyRelaxed;
  }

  /** The newest revision once the group is written. */
  long newest() {
    return newest;
  }

  List<Change> changes() {
    return changes;
  }

  WriteBatch batch() {
    return batch;
  }

  int size() {
    return answers.size();
  }

  int conflicts() {
    return conflicts;
  }

  /** Keeps in memory what the group wrote, or had to look up. It was written. */
  void remember() {
    absences.committed(changes);
    heads.forEach(
        (key, head) -> {
          if (head.revision() > 0) {
            cache.put(key, head);
          }
        });
  }

  /** Tells everyone what became of their transaction. The group is durable. */
  void answer() {
    for (var answer : answers) {
      var completion = answer.pending().answer();
      switch (answer.outcome()) {
        case Applied(var commit) -> completion.complete(commit);
        case Failed(var why) -> completion.completeExceptionally(why);
      }
    }
  }

  @Override
  public void close() {
    if (iterator != null) {
      iterator.close();
    }
    batch.close();
  }
}
