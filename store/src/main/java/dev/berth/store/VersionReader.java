package dev.berth.store;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoredObject;
import dev.berth.store.Database.Column;
import dev.berth.store.HeadCache.Head;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Reads objects at revisions.
 *
 * <p>Compaction may delete while something is read here. It raises {@link Horizon#compacted} before
 * it deletes, so what was read is whole if the revision was readable <em>after</em> the reading
 * began to see the database: for a scan that is the moment when it was made.
 */
final class VersionReader {
  private final Database database;
  private final Horizon horizon;

  VersionReader(Database database, Horizon horizon) {
    this.database = database;
    this.horizon = horizon;
  }

  /** The newest state at or before {@code revision}, which must not be older than the newest. */
  Head headAt(ObjectKey key, long revision) throws RocksDBException {
    var stem = KeyLayout.stem(key);
    try (var bounded = Database.boundedRead(KeyLayout.afterStem(stem));
        var iterator = database.iterator(Column.VERSIONS, bounded.options())) {
      return head(iterator, key, stem, revision);
    }
  }

  /** As {@link #headAt}, with an iterator that may be used for several keys. */
  static Head head(RocksIterator iterator, ObjectKey key, byte[] stem, long revision)
      throws RocksDBException {
    iterator.seek(KeyLayout.version(stem, revision));
    if (!iterator.isValid()) {
      iterator.status();
      return Head.NOTHING;
    }
    var version = iterator.key();
    if (!KeyLayout.liesUnder(version, stem)) {
      return Head.NOTHING;
    }
    var found = KeyLayout.revisionOf(version);
    var document = StoredVersion.document(iterator.value());
    return new Head(found, document == null ? null : new StoredObject(key, found, document));
  }

  Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit)
      throws RocksDBException {
    try (var scan = new ScopeScan(database, scope, revision, after)) {
      horizon.requireReadable(revision);
      var objects = new ArrayList<StoredObject>();
      while (scan.next()) {
        if (limit > 0 && objects.size() == limit) {
          return new Listing(revision, objects, objects.getLast().key());
        }
        objects.add(scan.object());
      }
      return new Listing(revision, objects, null);
    }
  }

  long count(Scope scope, long revision) throws RocksDBException {
    try (var scan = new ScopeScan(database, scope, revision, null)) {
      horizon.requireReadable(revision);
      var count = 0L;
      while (scan.next()) {
        count++;
      }
      return count;
    }
  }

  /**
   * The change of a log entry with its documents; null for a gap, or when a version that it needs
   * was compacted meanwhile.
   */
  @Nullable Change change(long revision, LogEntry entry) throws RocksDBException {
    return switch (entry) {
      case LogEntry.Gap gap -> null;
      case LogEntry.Written(var key, var previous) -> {
        var after = exactly(key, revision);
        var before = previous == 0 ? null : exactly(key, previous);
        yield after == null || (before == null && previous != 0)
            ? null
            : new Change(key, revision, before, after);
      }
      case LogEntry.Removed(var key, var previous) -> {
        var before = exactly(key, previous);
        yield before == null ? null : new Change(key, revision, before, null);
      }
    };
  }

  private @Nullable StoredObject exactly(ObjectKey key, long revision) throws RocksDBException {
    var value = database.get(Column.VERSIONS, KeyLayout.version(KeyLayout.stem(key), revision));
    var document = value == null ? null : StoredVersion.document(value);
    return document == null ? null : new StoredObject(key, revision, document);
  }
}
