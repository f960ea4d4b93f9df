package dev.berth.store;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Knows of most keys that have no object that they have none, so that creating an object does not
 * cost a search in the database, which is dearest for what is not there. It holds a hash of each
 * object's key; one that is not in it is absent for certain, one that is must be looked up.
 *
 * <p>The objects that are there when a store is opened are read by a thread of its own; until it is
 * done, nothing is known. Beyond {@link #MOST_OBJECTS} the index gives up, and nothing is known for
 * good.
 *
 * <p>Except for that reading, it is the committer's.
 */
final class AbsenceIndex implements AutoCloseable {
  /** At most 16 MiB of hashes, 32 while it grows. */
  static final int MOST_OBJECTS = 1_000_000;

  private final Database database;
  private final Horizon horizon;
  private final Fault fault;
  private @Nullable Thread reader;
  private volatile boolean stop;

  /** What the reader has read, when it is done. */
  private volatile @Nullable HashCounts read;

  /** Null as long as nothing is known. */
  private @Nullable HashCounts known;

  private boolean gaveUp;
  private List<Long> madeMeanwhile = new ArrayList<>();
  private List<Long> removedMeanwhile = new ArrayList<>();

  AbsenceIndex(Database database, Horizon horizon, Fault fault) {
    this.database = database;
    this.horizon = horizon;
    this.fault = fault;
  }

  /** To be called before the first commit. */
  void start() {
    var scan = new ScopeScan(database, Scope.everything(), horizon.newest(), null);
    reader = Thread.ofPlatform().daemon().name("berth-store-index").start(() -> read(scan));
  }

  private void read(ScopeScan scan) {
    var counts = new HashCounts();
    try (scan) {
      while (!stop && counts.size() <= MOST_OBJECTS && scan.next()) {
        counts.add(hash(scan.key()));
      }
      read = counts;
    } catch (RocksDBException | RuntimeException e) {
      fault.raise("reading which objects there are", e);
    }
  }

  /** True when there is certainly no object of this key. */
  boolean isAbsent(ObjectKey key) {
    if (known == null) {
      takeOverWhatWasRead();
    }
    return known != null && !known.contains(hash(key));
  }

  private void takeOverWhatWasRead() {
    var counts = read;
    if (counts == null || gaveUp) {
      return;
    }
    madeMeanwhile.forEach(counts::add);
    removedMeanwhile.forEach(counts::remove);
    madeMeanwhile = List.of();
    removedMeanwhile = List.of();
    known = counts;
    giveUpBeyondBound();
  }

  /** Takes over what was committed. */
  void committed(List<Change> changes) {
    if (gaveUp) {
      return;
    }
    for (var change : changes) {
      if (change.before() == null) {
        made(hash(change.key()));
      } else if (change.after() == null) {
        removed(hash(change.key()));
      }
    }
    giveUpBeyondBound();
  }

  private void made(long hash) {
    if (known == null) {
      madeMeanwhile.add(hash);
    } else {
      known.add(hash);
    }
  }

  private void removed(long hash) {
    if (known == null) {
      removedMeanwhile.add(hash);
    } else {
      known.remove(hash);
    }
  }

  private void giveUpBeyondBound() {
    var size = known == null ? madeMeanwhile.size() + removedMeanwhile.size() : known.size();
    if (size > MOST_OBJECTS) {
      gaveUp = true;
      known = null;
      read = null;
      madeMeanwhile = List.of();
      removedMeanwhile = List.of();
    }
  }

  private static long hash(ObjectKey key) {
    var hash = key.name().hashCode() * 0x9E3779B97F4A7C15L;
    hash = (hash ^ (hash >>> 29) ^ key.namespace().hashCode()) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 32) ^ key.resource().hashCode()) * 0x94D049BB133111EBL;
    return hash ^ (hash >>> 31);
  }

  /** Ends the reading. The database is still open. */
  @Override
  public void close() {
    stop = true;
    if (reader != null) {
      Threads.join(reader);
    }
  }
}
