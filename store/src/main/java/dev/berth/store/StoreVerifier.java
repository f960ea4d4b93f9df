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
    try (var held = StoreDirectory.open(directory);
        var database =
            Database.openReadOnly(
                held.database(), config, WALRecoveryMode.TolerateCorruptedTailRecords)) {
      return new StoreVerifier(database).verify(null);
    } catch (RocksDBException e) {
      throw new StoreOpenException.Damaged(directory, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * @param cache of the running store, null without one
   */
  List<String> verify(@Nullable HeadCache cache) throws RocksDBException {
    // Taken first: what it says at this moment is in the snapshot or newer than it.
    var heads = cache == null ? Map.<ObjectKey, Head>of() : cache.contents();
    var snapshot = database.snapshot();
    try (var options = new ReadOptions().setSnapshot(snapshot)) {
      compacted = database.number(Database.COMPACTED, options);
      readLog(options);
      readVersions(options, new HashMap<>(heads));
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

  private void readVersions(ReadOptions options, Map<ObjectKey, Head> heads)
      throws RocksDBException {
    try (var iterator = database.iterator(Column.VERSIONS, options)) {
      Version newer = null;
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        if (findings.size() >= MOST_FINDINGS) {
          return;
        }
        var version = version(iterator);
        var older = newer != null && Arrays.equals(newer.stem(), version.stem());
        if (newer != null) {
          checkPrevious(newer, older ? version : null);
        }
        if (!older) {
          checkHead(version, heads.remove(KeyLayout.key(version.stem())));
        } else if (newer != null && newer.revision() <= compacted) {
          find(show(version) + " was replaced before " + compacted + ", and is still there");
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
          if (head.object() != null) {
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

  private void checkHead(Version newest, @Nullable Head head) {
    // A head that is newer was written after the snapshot.
    if (head == null || head.revision() > newest.revision()) {
      return;
    }
    if (head.revision() != newest.revision() || (head.object() == null) != newest.tombstone()) {
      find("the cache has " + head + ", the newest version is " + show(newest));
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
