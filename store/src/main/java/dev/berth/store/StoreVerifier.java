package dev.berth.store;

import dev.berth.core.storage.ObjectKey;
import dev.berth.store.Database.Column;
import dev.berth.store.HeadCache.Head;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;

/**
 * Checks what must always be true of a store, by reading all of it:
 *
 * <ul>
 *   <li>the log has every revision after the compacted one exactly once, or a gap that covers it
 *   <li>each log entry has its version, a document or a tombstone as it says, and names as the
 *       previous one the version that comes before it (none when that is a tombstone)
 *   <li>each version after the compacted revision has its log entry
 *   <li>at or before the compacted revision an object has at most one version, and no tombstone
 *   <li>the cache of heads agrees with the newest versions
 * </ul>
 *
 * <p>It reads a snapshot, so the store may be in use. Keeps one entry in memory for each revision
 * of the log.
 */
public final class StoreVerifier {
  /** After so many findings it stops looking. */
  private static final int MOST_FINDINGS = 100;

  private record Version(byte[] stem, long revision, boolean tombstone) {}

  private final Database database;
  private final List<String> findings = new ArrayList<>();
  private final Map<Long, LogEntry> log = new HashMap<>();
  private Map<ObjectKey, Head> heads = new HashMap<>();
  private long cachedThrough;
  private long compacted;

  StoreVerifier(Database database) {
    this.database = database;
  }

  /**
   * Verifies a store that no process has open; nothing is changed in it.
   *
   * @return what is wrong, for people; empty when nothing is
   */
  public static List<String> verify(Path directory, StoreConfig config) throws StoreOpenException {
    StoreRecovery.loadLibrary(directory);
    try (var held = StoreDirectory.open(directory);
        var database =
            Database.openReadOnly(
                held.database(), config, WALRecoveryMode.TolerateCorruptedTailRecords)) {
      return new StoreVerifier(database).verify();
    } catch (RocksDBException e) {
      throw new StoreOpenException.Damaged(directory, String.valueOf(e.getMessage()), e);
    }
  }

  /** Verifies without a cache. */
  List<String> verify() throws RocksDBException {
    return verify(Map.of(), 0);
  }

  /** Verifies a running store with its cache. */
  List<String> verify(HeadCache cache, Horizon horizon) throws RocksDBException {
    // In this order: the cache then knows all writes up to that revision.
    var newest = horizon.newest();
    return verify(cache.contents(), newest);
  }

  private List<String> verify(Map<ObjectKey, Head> cached, long newest) throws RocksDBException {
    heads = new HashMap<>(cached);
    cachedThrough = newest;
    var snapshot = database.snapshot();
    try (var options = new ReadOptions().setSnapshot(snapshot)) {
      compacted = database.number(Database.COMPACTED, options);
      readLog(options);
      readVersions(options);
    } finally {
      database.release(snapshot);
    }
    return findings;
  }

  private void readLog(ReadOptions options) throws RocksDBException {
    try (var iterator = database.iterator(Column.LOG, options)) {
      var expected = compacted + 1;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        var revision = KeyLayout.logRevision(iterator.key());
        var entry = LogEntry.decode(iterator.value());
        var covered = entry instanceof LogEntry.Gap(var first) && first <= expected;
        if (revision < expected) {
          find("the log has revision " + revision + ", expected " + expected);
        } else if (revision > expected && !covered) {
          find("the log has no revision " + expected + " to " + (revision - 1));
        }
        log.put(revision, entry);
        expected = revision + 1;
      }
      iterator.status();
    }
  }

  private void readVersions(ReadOptions options) throws RocksDBException {
    try (var iterator = database.iterator(Column.VERSIONS, options)) {
      Version newer = null;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        if (findings.size() >= MOST_FINDINGS) {
          return;
        }
        var version = version(iterator);
        checkHead(version);
        if (newer != null) {
          var older = Arrays.equals(newer.stem(), version.stem());
          checkPrevious(newer, older ? version : null);
          if (older && newer.revision() <= compacted) {
            find(show(version) + " was replaced before " + compacted + ", and is still there");
          }
        }
        newer = version;
      }
      iterator.status();
      if (newer != null) {
        checkPrevious(newer, null);
      }
    }
    heads.forEach(
        (key, head) -> {
          // Otherwise it was removed or replaced, and compacted, before the snapshot was taken.
          if (head.object() != null && compacted <= cachedThrough) {
            find("the cache has " + key + "@" + head.revision() + ", which is not stored");
          }
        });
    log.forEach(
        (revision, entry) -> {
          if (!(entry instanceof LogEntry.Gap)) {
            find("revision " + revision + " of the log has no version: " + entry);
          }
        });
  }

  private static Version version(RocksIterator iterator) {
    var key = iterator.key();
    var document = StoredVersion.document(iterator.value());
    return new Version(KeyLayout.stemOf(key), KeyLayout.revisionOf(key), document == null);
  }

  private void checkPrevious(Version version, @Nullable Version previous) {
    if (version.revision() <= compacted) {
      if (version.tombstone()) {
        find(show(version) + " is a tombstone from before " + compacted);
      }
      return;
    }
    var entry = log.remove(version.revision());
    var before = previous == null || previous.tombstone() ? 0 : previous.revision();
    var key = KeyLayout.key(version.stem());
    var expected =
        version.tombstone() ? new LogEntry.Removed(key, before) : new LogEntry.Written(key, before);
    if (!expected.equals(entry)) {
      find(show(version) + " should have the log entry " + expected + ", found " + entry);
    }
    if (version.tombstone() && before == 0) {
      find(show(version) + " removes what was not there");
    }
  }

  /** A cached head must be the newest version of those that the cache must know. */
  private void checkHead(Version version) {
    var key = KeyLayout.key(version.stem());
    var head = heads.get(key);
    if (head == null) {
      return;
    }
    var newerThanHead = version.revision() > head.revision();
    if (newerThanHead && version.revision() <= cachedThrough) {
      find("the cache has " + key + "@" + head.revision() + ", and not " + show(version));
    } else if (version.revision() == head.revision()) {
      heads.remove(key);
      if ((head.object() == null) != version.tombstone()) {
        find("the cache has " + head + " for " + show(version));
      }
    }
  }

  private static String show(Version version) {
    return KeyLayout.key(version.stem())
        + "@"
        + version.revision()
        + (version.tombstone() ? " (removed)" : "");
  }

  private void find(String finding) {
    findings.add(finding);
  }
}
