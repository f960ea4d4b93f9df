package dev.berth.store;

import dev.berth.core.observe.Meters;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * The object store on a local disk: RocksDB, with one thread that commits ({@link CommitLoop}), one
 * that forgets history ({@link Compactor}), one that reads the log for watches that start in the
 * past ({@link WatchHub}), and a few that read for virtual threads ({@link ReadPool}).
 *
 * <p>What is on disk is told by {@link StoreDirectory}, {@link KeyLayout}, {@link StoredVersion}
 * and {@link LogEntry}; how it is opened after a crash or a power cut, by {@link StoreRecovery}.
 */
public final class RocksObjectStore implements ObjectStore {
  private final OpenedStore opened;
  private final Horizon horizon;
  private final Gate gate = new Gate();
  private final ReadPool reads;
  private final VersionReader versions;
  private final HeadCache cache;
  private final AbsenceIndex absences;
  private final WatchHub watches;
  private final CommitLoop commits;
  private final Compactor compactor;
  private final Fault fault;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What a store has beside its directory. Tests put obstacles in. */
  record Surroundings(
      StoreConfig config,
      Meters meters,
      LongSupplier nanoTime,
      Consumer<StoreException.Broken> stopProcess,
      UnaryOperator<CommitLoop.Writer> writer,
      @Nullable LongSupplier freeBytes) {}

  private RocksObjectStore(OpenedStore opened, Surroundings around) {
    var config = around.config();
    var meters = new StoreMeters(around.meters());
    var database = opened.database();
    var directory = opened.directory();
    var freeBytes = around.freeBytes();
    var space =
        new SpaceGuard(
            directory.path().toString(),
            freeBytes == null ? directory::freeBytes : freeBytes,
            config.space().minFreeBytes());
    this.opened = opened;
    this.horizon = opened.horizon();
    this.fault = new Fault(around.stopProcess());
    this.reads = new ReadPool(gate, fault, config.reads().threads(), config.reads().waiting());
    this.versions = new VersionReader(database, horizon);
    this.cache = new HeadCache(config.memory().headCacheBytes());
    this.absences = new AbsenceIndex(database, horizon, fault);
    this.watches = new WatchHub(config, reads, database, versions, horizon, fault, meters);
    this.commits =
        new CommitLoop(
            config,
            opened,
            around.writer().apply(database::write),
            cache,
            absences,
            watches,
            space,
            fault,
            meters,
            around.nanoTime());
    this.compactor = new Compactor(config, opened, fault, meters, around.nanoTime());
    StoreMeters.gauges(around.meters(), horizon, cache, watches, commits);
  }

  /** Loads the engine's native code ahead of {@link #open}, which tells what goes wrong. */
  public static void loadLibrary() {
    try {
      RocksDB.loadLibrary();
    } catch (RuntimeException | UnsatisfiedLinkError _) {
      // Tried again, and told with the remedy, when the store is opened.
    }
  }

  /**
   * Opens the store in {@code directory}, making it when there is none.
   *
   * @param stopProcess called once, on one of the store's threads, when the store can no longer be
   *     trusted: the process must stop, and must not wait for {@link #close} there
   */
  public static RocksObjectStore open(
      Path directory,
      StoreConfig config,
      Meters meters,
      Consumer<StoreException.Broken> stopProcess)
      throws StoreOpenException {
    return open(
        directory,
        new Surroundings(
            config, meters, System::nanoTime, stopProcess, UnaryOperator.identity(), null));
  }

  static RocksObjectStore open(Path directory, Surroundings around) throws StoreOpenException {
    var opened = StoreRecovery.open(directory, around.config());
    try {
      var store = new RocksObjectStore(opened, around);
      store.absences.start();
      store.commits.start();
      store.compactor.start();
      return store;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public long revision() {
    requireOpen();
    return horizon.newest();
  }

  @Override
  public Optional<StoredObject> get(ObjectKey key) {
    requireOpen();
    var revision = horizon.newest();
    var cached = cache.get(key);
    return Optional.ofNullable(
        cached != null && cached.revision() <= revision
            ? cached.object()
            : reads.read(() -> readHead(key)));
  }

  private @Nullable StoredObject readHead(ObjectKey key) throws RocksDBException {
    while (true) {
      var revision = horizon.newest();
      var head = versions.headAt(key, revision);
      // Otherwise what was read may have been replaced and compacted just before.
      if (horizon.compacted() <= revision) {
        return head.object();
      }
    }
  }

  @Override
  public Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit) {
    return readAt(revision, at -> versions.list(scope, at, after, limit));
  }

  @Override
  public long count(Scope scope, long revision) {
    return readAt(revision, at -> versions.count(scope, at));
  }

  private interface ReadAt<T> {
    T at(long revision) throws RocksDBException;
  }

  private <T> T readAt(long revision, ReadAt<T> read) {
    requireOpen();
    return reads.read(
        () -> {
          if (revision != 0) {
            return read.at(revision);
          }
          while (true) {
            var newest = horizon.newest();
            try {
              return read.at(newest);
            } catch (StoreException.Compacted e) {
              // The newest was another one, and this one compacted, before the read began.
              if (horizon.newest() == newest) {
                throw e;
              }
            }
          }
        });
  }

  @Override
  public CompletableFuture<Commit> commit(Transaction transaction) {
    return commits.commit(transaction);
  }

  @Override
  public Watch watch(Scope scope, long revision) {
    requireOpen();
    return watches.open(scope, revision);
  }

  private void requireOpen() {
    if (closed.get()) {
      throw ReadPool.closedFailure();
    }
  }

  /** Forgets the history before {@code revision} now, or before the newest one if that is older. */
  void compact(long revision) {
    reads.readHere(
        () -> {
          compactor.compact(revision);
          return true;
        });
  }

  /**
   * What is wrong with this store, as it is now; empty when nothing is. See {@link StoreVerifier}.
   */
  List<String> verify() {
    return reads.readHere(() -> new StoreVerifier(opened.database()).verify(cache, horizon));
  }

  /**
   * Writes a copy of the store as it is now into {@code target}, which must not exist and should be
   * on the same file system: it can be opened as a store.
   */
  public void checkpoint(Path target) throws IOException {
    requireOpen();
    Files.createDirectory(target);
    reads.read(
        () -> {
          opened.database().checkpoint(StoreDirectory.database(target));
          return true;
        });
    StoreDirectory.writeFormat(target);
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    commits.close();
    watches.close();
    compactor.close();
    absences.close();
    reads.close();
    gate.shut();
    if (fault.get() == null) {
      opened.settle();
    }
    opened.close();
  }
}
