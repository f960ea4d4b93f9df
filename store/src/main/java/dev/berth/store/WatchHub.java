package dev.berth.store;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.store.Database.Column;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Brings changes to watchers.
 *
 * <p>A watch that starts at the newest revision is <em>live</em>: the committer puts what it
 * publishes into the watch's buffer. One that starts in the past first <em>reads the log</em>, in
 * portions, on the hub's own thread, as fast as its taker makes room; when it has read all there
 * is, it becomes live under the same lock under which the committer publishes, so that nothing is
 * missed or told twice. A live watch whose buffer is full is ended as too slow. A watch that reads
 * the log is not, but is ended when history that it needs is compacted.
 */
final class WatchHub implements AutoCloseable {
  /** Most log entries that are read in one portion, before other watches have their turn. */
  private static final int PORTION = 256;

  private static final String ALL_RESOURCES = "";

  private final ReadPool reads;
  private final Database database;
  private final VersionReader versions;
  private final Horizon horizon;
  private final Fault fault;
  private final StoreMeters meters;
  private final int boundChanges;
  private final long boundBytes;
  private final ThreadPoolExecutor logReader;

  /** Guards what follows, and is held while a group is published. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * By resource. The lists are replaced, not changed: a watch may end while they are gone through.
   */
  private final Map<String, List<HubWatch>> live = new HashMap<>();

  private final Set<HubWatch> open = new HashSet<>();
  private boolean closed;

  /** Every change up to here is in the buffers of the live watches. */
  private volatile long delivered;

  WatchHub(
      StoreConfig config,
      ReadPool reads,
      Database database,
      VersionReader versions,
      Horizon horizon,
      Fault fault,
      StoreMeters meters) {
    this.reads = reads;
    this.database = database;
    this.versions = versions;
    this.horizon = horizon;
    this.fault = fault;
    this.meters = meters;
    this.boundChanges = config.watches().changes();
    this.boundBytes = config.watches().bytes();
    this.delivered = horizon.newest();
    // The queue holds at most one portion for each open watch.
    this.logReader =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("berth-store-watch-log").factory());
    logReader.allowCoreThreadTimeOut(true);
  }

  HubWatch open(Scope scope, long revision) {
    var watch = new HubWatch(this, scope, revision, boundChanges, boundBytes);
    lock.lock();
    try {
      if (closed) {
        throw ReadPool.closedFailure();
      }
      horizon.requireReadable(revision);
      open.add(watch);
      if (revision == horizon.newest()) {
        join(watch);
        return watch;
      }
    } finally {
      lock.unlock();
    }
    readLog(watch);
    return watch;
  }

  /** Under the lock. */
  private void join(HubWatch watch) {
    watch.becomeLive();
    live.merge(resource(watch), List.of(watch), WatchHub::concat);
  }

  private static List<HubWatch> concat(List<HubWatch> some, List<HubWatch> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }

  private static String resource(HubWatch watch) {
    var resource = watch.scope().resource();
    return resource == null ? ALL_RESOURCES : resource;
  }

  /** Lets readers see a group that is durable, and watchers be told of it. The committer's. */
  void publish(long newest, List<Change> changes) {
    var touched = new HashSet<HubWatch>();
    lock.lock();
    try {
      horizon.advance(newest);
      for (var change : changes) {
        offer(live.get(ALL_RESOURCES), change, touched);
        offer(live.get(change.key().resource()), change, touched);
      }
      delivered = newest;
    } finally {
      lock.unlock();
    }
    touched.forEach(HubWatch::wake);
  }

  private static void offer(
      @Nullable List<HubWatch> watches, Change change, Set<HubWatch> touched) {
    if (watches == null) {
      return;
    }
    for (var watch : watches) {
      if (watch.scope().contains(change.key())) {
        watch.offer(change);
        touched.add(watch);
      }
    }
  }

  long delivered() {
    return delivered;
  }

  /** Has the next portion of the log read for a watch that is not live. */
  void readLog(HubWatch watch) {
    lock.lock();
    try {
      if (!closed) {
        logReader.execute(() -> readPortion(watch));
      }
    } finally {
      lock.unlock();
    }
  }

  private void readPortion(HubWatch watch) {
    try {
      var from = watch.position();
      var through = horizon.newest();
      if (from < through) {
        reads.readHere(() -> readPortion(watch, from, through));
      } else {
        joinAt(watch, from);
      }
    } catch (StoreException e) {
      watch.end(e);
    } catch (RuntimeException e) {
      watch.end(fault.raise("reading the log for a watcher", e));
    }
    watch.wake();
  }

  /** Reads up to {@code through} or until the watch has enough. */
  private boolean readPortion(HubWatch watch, long from, long through) throws RocksDBException {
    var changes = new ArrayList<Change>();
    var position = from;
    var bytes = 0L;
    try (var iterator = database.iterator(Column.LOG)) {
      iterator.seek(KeyLayout.log(from + 1));
      var most = Math.min(PORTION, boundChanges);
      for (var i = 0; i < most && bytes < boundBytes / 4 && iterator.isValid(); i++) {
        var revision = KeyLayout.logRevision(iterator.key());
        if (revision > through) {
          break;
        }
        var entry = LogEntry.decode(iterator.value());
        if (isWanted(entry, watch.scope())) {
          var change = versions.change(revision, entry);
          if (change == null) {
            requireHistory(from);
            throw new IllegalStateException(
                "the versions of revision " + revision + " are missing");
          }
          changes.add(change);
          bytes += HubWatch.bytes(change);
        }
        position = revision;
        iterator.next();
      }
      iterator.status();
    }
    requireHistory(from);
    if (position == from) {
      throw new IllegalStateException("the log ends at " + from + " before " + through);
    }
    if (watch.fill(changes, position)) {
      readLog(watch);
    }
    return true;
  }

  private static boolean isWanted(LogEntry entry, Scope scope) {
    return switch (entry) {
      case LogEntry.Written(var key, var previous) -> scope.contains(key);
      case LogEntry.Removed(var key, var previous) -> scope.contains(key);
      case LogEntry.Gap gap -> false;
    };
  }

  /** To be asked after reading: what was compacted meanwhile may have been missing. */
  private void requireHistory(long from) {
    var oldest = horizon.compacted();
    if (from < oldest) {
      throw new StoreException.Compacted(from, oldest);
    }
  }

  /** Makes a watch live that has read the log up to {@code position}, if that is all still. */
  private void joinAt(HubWatch watch, long position) {
    lock.lock();
    try {
      if (!open.contains(watch)) {
        return;
      }
      if (position == horizon.newest()) {
        join(watch);
        return;
      }
    } finally {
      lock.unlock();
    }
    readLog(watch);
  }

  /** No more is brought to the watch. */
  void forget(HubWatch watch, @Nullable StoreException why) {
    lock.lock();
    try {
      if (!open.remove(watch)) {
        return;
      }
      live.computeIfPresent(
          resource(watch),
          (resource, watches) -> {
            var rest = watches.stream().filter(other -> other != watch).toList();
            return rest.isEmpty() ? null : rest;
          });
    } finally {
      lock.unlock();
    }
    meters.watchEnded(why);
  }

  int watchers() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all watches. */
  void endAll(@Nullable StoreException why) {
    List<HubWatch> all;
    lock.lock();
    try {
      all = List.copyOf(open);
    } finally {
      lock.unlock();
    }
    all.forEach(watch -> watch.end(why));
    all.forEach(HubWatch::wake);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      logReader.shutdown();
    } finally {
      lock.unlock();
    }
    endAll(null);
  }
}
