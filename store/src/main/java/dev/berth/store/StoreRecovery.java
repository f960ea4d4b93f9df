package dev.berth.store;

import dev.berth.store.Database.Column;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a store after whatever ended its last process.
 *
 * <p>A power cut leaves at the end of RocksDB's write-ahead log what was being written: nobody was
 * told that it is durable, and it must not keep the store from starting. Damage in front of that is
 * the loss of acknowledged writes, and must not be passed over. Opening tells them apart:
 *
 * <ol>
 *   <li>RocksDB opens with {@link WALRecoveryMode#TolerateCorruptedTailRecords}: a record cut short
 *       by the end of the log is dropped, anything else that is unreadable is an error. (Absolute
 *       consistency would not start after a cut; point-in-time recovery would drop everything
 *       behind an unreadable place without a word.) Logs that were finished earlier must have at
 *       least the size to which they were synced, which the manifest knows.
 *   <li>File systems may also show a torn end as zeros or old bytes within the file. So, when
 *       RocksDB refuses: if point-in-time recovery, tried without writing, reaches every revision
 *       that {@link WalEvidence} (batches behind the place) and {@link Acknowledged} prove to have
 *       been durable, then only what nobody was promised is lost, and the store is opened that way.
 *       If it does not, the store is damaged.
 *   <li>The manifest's end may be torn in the same way ({@link TornManifest}). It is cut off, and
 *       the same is asked: RocksDB misses every log and table that it had let go of because of what
 *       was cut off, so an end that had been durable is found out.
 *   <li>However it was opened: a store that ends before {@link Acknowledged} says, or with a hole
 *       in its log, is damaged.
 * </ol>
 *
 * <p>What remains: damage of exactly the last synced batch, after a power cut that also kept the
 * file of {@link Acknowledged} from being written back, looks like a torn end.
 */
final class StoreRecovery {
  private static final Logger log = LoggerFactory.getLogger(StoreRecovery.class);

  /** Entries at the log's end that are looked at for holes: more than write-ahead logs hold. */
  private static final int LOG_TAIL = 20_000;

  private final StoreDirectory directory;
  private final StoreConfig config;

  private StoreRecovery(StoreDirectory directory, StoreConfig config) {
    this.directory = directory;
    this.config = config;
  }

  static OpenedStore open(Path path, StoreConfig config) throws StoreOpenException {
    loadLibrary(path);
    var directory = StoreDirectory.open(path);
    try {
      directory.giveUpReserveBelow(config.space().reserveBytes());
      return new StoreRecovery(directory, config).open();
    } catch (RocksDBException e) {
      directory.close();
      throw classified(path, e);
    } catch (IOException e) {
      directory.close();
      throw e instanceof StoreOpenException opening
          ? opening
          : new StoreOpenException.Unusable(path, "check the disk it lies on", e);
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /**
   * RocksDB's native code: a file on the library path, or unpacked into the temporary directory.
   */
  static void loadLibrary(Path path) throws StoreOpenException {
    try {
      RocksDB.loadLibrary();
    } catch (RuntimeException | UnsatisfiedLinkError e) {
      throw new StoreOpenException.Unusable(
          path,
          "RocksDB's native library could not be loaded; this user must be able to write, and to"
              + " run programs, in "
              + System.getProperty("java.io.tmpdir")
              + " (or where java.io.tmpdir says)",
          e);
    }
  }

  private OpenedStore open() throws IOException, RocksDBException {
    var acknowledged = Acknowledged.open(directory.acknowledged());
    try {
      var promised = acknowledged.read();
      TornManifest.resume(directory);
      var database = openDatabase(promised);
      try {
        return recover(database, acknowledged, promised);
      } catch (IOException | RocksDBException | RuntimeException e) {
        database.close();
        throw e;
      }
    } catch (IOException | RocksDBException | RuntimeException e) {
      acknowledged.close();
      throw e;
    }
  }

  private Database openDatabase(long promised) throws IOException, RocksDBException {
    try {
      return open(WALRecoveryMode.TolerateCorruptedTailRecords);
    } catch (RocksDBException e) {
      if (code(e) != Status.Code.Corruption) {
        throw e;
      }
      var manifest = TornManifest.find(directory);
      return manifest.isPresent()
          ? openWithout(manifest.get(), promised, e)
          : openUpToTornTail(promised, e);
    }
  }

  private Database openWithout(TornManifest manifest, long promised, RocksDBException refusal)
      throws IOException, RocksDBException {
    manifest.cutOff();
    try {
      requireOnlyTornTail(promised, refusal);
      manifest.checked();
      var database = open(WALRecoveryMode.PointInTimeRecovery);
      log.warn(
          "the list of the database's files, {}, is torn, as by a power cut: what was being"
              + " written there is dropped, nothing depended on it; as it was found it is kept in"
              + " {}",
          manifest,
          directory.tornManifest());
      return database;
    } catch (IOException | RocksDBException | RuntimeException e) {
      manifest.putBack();
      throw e;
    }
  }

  private Database openUpToTornTail(long promised, RocksDBException refusal)
      throws IOException, RocksDBException {
    requireOnlyTornTail(promised, refusal);
    return open(WALRecoveryMode.PointInTimeRecovery);
  }

  private Database open(WALRecoveryMode tail) throws RocksDBException {
    return Database.open(directory.database(), config, tail);
  }

  private void requireOnlyTornTail(long promised, RocksDBException refusal)
      throws IOException, RocksDBException {
    var durable = Math.max(promised, WalEvidence.durable(directory.database()));
    long reached;
    try (var found =
        Database.openReadOnly(directory.database(), config, WALRecoveryMode.PointInTimeRecovery)) {
      reached = newest(found);
      requireNoHole(found, reached);
    }
    if (reached < durable) {
      throw damaged(
          "it can be read up to revision " + reached + ", but " + durable + " was durable",
          refusal);
    }
    log.warn(
        "the end of what was written in {} is torn, as by a power cut: what came after revision {}"
            + " is dropped; it had not been acknowledged",
        directory.path(),
        reached,
        refusal);
  }

  private OpenedStore recover(Database database, Acknowledged acknowledged, long promised)
      throws IOException, RocksDBException {
    var newest = newest(database);
    if (newest < promised) {
      throw damaged(
          "it ends at revision " + newest + ", but " + promised + " was acknowledged", null);
    }
    requireNoHole(database, newest);
    var ceiling = database.number(Database.CEILING);
    if (ceiling > newest) {
      skip(database, newest + 1, ceiling);
      log.info("revisions {} to {} are skipped after an unclean end", newest + 1, ceiling);
      newest = ceiling;
      acknowledged.write(newest);
    }
    var horizon = new Horizon(newest, database.number(Database.COMPACTED));
    return new OpenedStore(directory, database, horizon, new RelaxedCeiling(ceiling), acknowledged);
  }

  private static long newest(Database database) throws RocksDBException {
    try (var iterator = database.iterator(Column.LOG)) {
      iterator.seekToLast();
      if (iterator.isValid()) {
        return KeyLayout.logRevision(iterator.key());
      }
      iterator.status();
      return database.number(Database.COMPACTED);
    }
  }

  private void requireNoHole(Database database, long newest) throws IOException, RocksDBException {
    var oldest = Math.max(database.number(Database.COMPACTED), newest - LOG_TAIL);
    try (var iterator = database.iterator(Column.LOG)) {
      iterator.seek(KeyLayout.log(oldest + 1));
      for (var expected = oldest + 1; iterator.isValid(); iterator.next()) {
        var revision = KeyLayout.logRevision(iterator.key());
        if (revision != expected && !isGapFrom(iterator.value(), expected)) {
          throw damaged("revision " + expected + " is missing in its log", null);
        }
        expected = revision + 1;
      }
      iterator.status();
    }
  }

  private static boolean isGapFrom(byte[] value, long expected) {
    return LogEntry.decode(value) instanceof LogEntry.Gap(var first) && first <= expected;
  }

  private static void skip(Database database, long first, long last) throws RocksDBException {
    try (var batch = new WriteBatch()) {
      database.put(batch, Column.LOG, KeyLayout.log(last), new LogEntry.Gap(first).encode());
      database.write(batch, true);
    }
  }

  private StoreOpenException damaged(String what, @Nullable Throwable e) {
    return new StoreOpenException.Damaged(directory.path(), what, e);
  }

  private static Status.Code code(RocksDBException e) {
    var status = e.getStatus();
    return status == null ? Status.Code.Undefined : status.getCode();
  }

  private static StoreOpenException classified(Path path, RocksDBException e) {
    if (code(e) == Status.Code.Corruption) {
      return new StoreOpenException.Damaged(path, String.valueOf(e.getMessage()), e);
    }
    var remedy =
        CommitLoop.isNoSpace(e)
            ? "free space on the disk it lies on"
            : "check the disk it lies on, and that this user may write there";
    return new StoreOpenException.Unusable(path, remedy, e);
  }
}
