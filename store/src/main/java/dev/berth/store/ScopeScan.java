package dev.berth.store;

import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoredObject;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Goes through the objects of a scope as they were at a revision, in the order of their keys. It
 * sees the database as it was when the scan was made.
 */
final class ScopeScan implements AutoCloseable {
  /** Versions that are stepped over one by one before seeking past them, which costs more. */
  private static final int STEPS_BEFORE_SEEK = 4;

  private final long revision;
  private final Database.BoundedRead bounded;
  private final RocksIterator iterator;
  private final ByteBuffer code = ByteBuffer.allocateDirect(1);
  private byte @Nullable [] stem;
  private long found;

  /**
   * @param after begin after this key, null for the scope's first
   */
  ScopeScan(Database database, Scope scope, long revision, @Nullable ObjectKey after) {
    this.revision = revision;
    this.bounded = Database.boundedRead(KeyLayout.end(scope));
    this.iterator = database.iterator(Database.Column.VERSIONS, bounded.options());
    iterator.seek(
        after == null ? KeyLayout.start(scope) : KeyLayout.afterStem(KeyLayout.stem(after)));
  }

  /** Goes to the next object; false when there is none. */
  boolean next() throws RocksDBException {
    var stepped = 0;
    while (iterator.isValid()) {
      var version = iterator.key();
      var older = stem != null && KeyLayout.liesUnder(version, stem);
      var newer = !older && KeyLayout.revisionOf(version) > revision;
      if (older || newer) {
        stepped++;
        if (stepped < STEPS_BEFORE_SEEK) {
          iterator.next();
        } else {
          var its = KeyLayout.stemOf(version);
          iterator.seek(older ? KeyLayout.afterStem(its) : KeyLayout.version(its, revision));
          stepped = 0;
        }
        continue;
      }
      stem = KeyLayout.stemOf(version);
      found = KeyLayout.revisionOf(version);
      if (!isTombstone()) {
        return true;
      }
      stepped = 0;
      iterator.next();
    }
    iterator.status();
    return false;
  }

  private boolean isTombstone() {
    code.clear();
    return StoredVersion.isTombstone(iterator.value(code) == 0 ? -1 : code.get(0));
  }

  /** The key of the object that {@link #next} went to. */
  ObjectKey key() {
    return KeyLayout.key(requireFound(stem));
  }

  /** The object that {@link #next} went to. */
  StoredObject object() {
    return new StoredObject(key(), found, requireFound(StoredVersion.document(iterator.value())));
  }

  private static byte[] requireFound(byte @Nullable [] bytes) {
    if (bytes == null) {
      throw new IllegalStateException("there is no object before next() has found one");
    }
    return bytes;
  }

  @Override
  public void close() {
    iterator.close();
    bounded.close();
  }
}
