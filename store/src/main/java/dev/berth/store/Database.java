package dev.berth.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** RocksDB with our three columns and our settings. Nothing of it may be used after its close. */
final class Database implements AutoCloseable {

  /** A key space of its own; a write batch changes all of them together. */
  enum Column {
    /** A few numbers under names: see {@link Database#COMPACTED} and {@link Database#CEILING}. */
    META("default"),
    /** Objects at their revisions: {@link KeyLayout#version} to {@link StoredVersion}. */
    VERSIONS("versions"),
    /** Changes in their order: {@link KeyLayout#log} to {@link LogEntry}. */
    LOG("log");

    private final String title;

    Column(String title) {
      this.title = title;
    }
  }

  /** Meta: the oldest revision that can be read. */
  static final String COMPACTED = "compacted";

  /** Meta: see {@link RelaxedCeiling}. */
  static final String CEILING = "ceiling";

  private static final long MIB = 1 << 20;

  private final RocksDB rocks;
  private final Map<Column, ColumnFamilyHandle> columns;
  private final List<AutoCloseable> natives;
  private final ReadOptions plainRead = new ReadOptions();
  private final WriteOptions synced = new WriteOptions().setSync(true);
  private final WriteOptions unsynced = new WriteOptions();

  private Database(
      RocksDB rocks, Map<Column, ColumnFamilyHandle> columns, List<AutoCloseable> natives) {
    this.rocks = rocks;
    this.columns = columns;
    this.natives = natives;
  }

  /** Opens it for reading and writing, making it when there is none. */
  static Database open(Path path, StoreConfig config, WALRecoveryMode tail)
      throws RocksDBException {
    return open(path, config, tail, false);
  }

  /** Opens it so that nothing on disk is changed. */
  static Database openReadOnly(Path path, StoreConfig config, WALRecoveryMode tail)
      throws RocksDBException {
    return open(path, config, tail, true);
  }

  private static Database open(
      Path path, StoreConfig config, WALRecoveryMode tail, boolean readOnly)
      throws RocksDBException {
    var natives = new ArrayList<AutoCloseable>();
    var cache = keep(natives, new LRUCache(config.memory().blockCacheBytes()));
    var options = keep(natives, options(config)).setWalRecoveryMode(tail);
    var descriptors = new ArrayList<ColumnFamilyDescriptor>();
    for (var column : Column.values()) {
      var columnOptions = keep(natives, columnOptions(column, config, cache));
      descriptors.add(new ColumnFamilyDescriptor(column.title.getBytes(US_ASCII), columnOptions));
    }
    var handles = new ArrayList<ColumnFamilyHandle>();
    try {
      var rocks =
          readOnly
              ? RocksDB.openReadOnly(options, path.toString(), descriptors, handles)
              : RocksDB.open(options, path.toString(), descriptors, handles);
      var columns = new EnumMap<Column, ColumnFamilyHandle>(Column.class);
      var opened = handles.iterator();
      for (var column : Column.values()) {
        columns.put(column, opened.next());
      }
      return new Database(rocks, columns, natives);
    } catch (RocksDBException e) {
      release(natives);
      throw e;
    }
  }

  private static DBOptions options(StoreConfig config) {
    // This option has no setter: a log file that is no longer written to must be found again with
    // at least the size to which it was synced.
    var unnamed = new Properties();
    unnamed.setProperty("track_and_verify_wals_in_manifest", "true");
    return DBOptions.getDBOptionsFromProps(unnamed)
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setDbWriteBufferSize(2 * config.memory().memtableBytes())
        .setMaxTotalWalSize(4 * config.memory().memtableBytes())
        .setMaxBackgroundJobs(2)
        .setMaxOpenFiles(256)
        .setBytesPerSync(MIB)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(MIB)
        .setKeepLogFileNum(2)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0);
  }

  private static ColumnFamilyOptions columnOptions(Column column, StoreConfig config, Cache cache) {
    var table =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setFormatVersion(5);
    var memtableBytes =
        switch (column) {
          case VERSIONS -> config.memory().memtableBytes();
          case LOG -> config.memory().memtableBytes() / 4;
          case META -> config.memory().memtableBytes() / 16;
        };
    return new ColumnFamilyOptions()
        .setWriteBufferSize(memtableBytes)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setTargetFileSizeBase(4 * config.memory().memtableBytes())
        .setMaxBytesForLevelBase(16 * config.memory().memtableBytes())
        .setTableFormatConfig(table);
  }

  private static <T extends AutoCloseable> T keep(List<AutoCloseable> natives, T opened) {
    natives.add(opened);
    return opened;
  }

  byte @Nullable [] get(Column column, byte[] key) throws RocksDBException {
    return rocks.get(columns.get(column), plainRead, key);
  }

  /** The number under a name of the meta column, 0 when there is none. */
  long number(String name) throws RocksDBException {
    return number(name, plainRead);
  }

  long number(String name, ReadOptions options) throws RocksDBException {
    var value = rocks.get(columns.get(Column.META), options, name.getBytes(US_ASCII));
    return value == null ? 0 : ByteBuffer.wrap(value).getLong();
  }

  RocksIterator iterator(Column column) {
    return rocks.newIterator(columns.get(column), plainRead);
  }

  RocksIterator iterator(Column column, ReadOptions options) {
    return rocks.newIterator(columns.get(column), options);
  }

  void put(WriteBatch batch, Column column, byte[] key, byte[] value) throws RocksDBException {
    batch.put(columns.get(column), key, value);
  }

  void putNumber(WriteBatch batch, String name, long number) throws RocksDBException {
    var value = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    batch.put(columns.get(Column.META), name.getBytes(US_ASCII), value);
  }

  void delete(WriteBatch batch, Column column, byte[] key) throws RocksDBException {
    batch.delete(columns.get(column), key);
  }

  /** As {@link #delete}, for a key that was put exactly once: leaves less behind. */
  void deleteOnlyPut(WriteBatch batch, Column column, byte[] key) throws RocksDBException {
    batch.singleDelete(columns.get(column), key);
  }

  void deleteRange(WriteBatch batch, Column column, byte[] from, byte[] before)
      throws RocksDBException {
    batch.deleteRange(columns.get(column), from, before);
  }

  /** Applies the batch whole or not at all; durably when {@code sync} is set. */
  void write(WriteBatch batch, boolean sync) throws RocksDBException {
    rocks.write(sync ? synced : unsynced, batch);
  }

  Snapshot snapshot() {
    return rocks.getSnapshot();
  }

  void release(Snapshot snapshot) {
    rocks.releaseSnapshot(snapshot);
  }

  /** Bytes of tables on disk, and of what is not yet in one. */
  long sizeBytes() throws RocksDBException {
    return rocks.getAggregatedLongProperty("rocksdb.live-sst-files-size")
        + rocks.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables");
  }

  /** Makes a copy of the database as it is now, of hard links where possible. */
  void checkpoint(Path target) throws RocksDBException {
    try (var checkpoint = Checkpoint.create(rocks)) {
      checkpoint.createCheckpoint(target.toString());
    }
  }

  /** Read options that end an iteration before {@code end}, null for the very end. */
  static BoundedRead boundedRead(byte @Nullable [] end) {
    return new BoundedRead(end);
  }

  /** Read options together with the native memory of their bound. */
  static final class BoundedRead implements AutoCloseable {
    private final ReadOptions options = new ReadOptions();
    private final @Nullable Slice bound;

    private BoundedRead(byte @Nullable [] end) {
      bound = end == null ? null : new Slice(end);
      if (bound != null) {
        options.setIterateUpperBound(bound);
      }
    }

    ReadOptions options() {
      return options;
    }

    @Override
    public void close() {
      options.close();
      if (bound != null) {
        bound.close();
      }
    }
  }

  @Override
  public void close() {
    columns.values().forEach(ColumnFamilyHandle::close);
    rocks.close();
    plainRead.close();
    synced.close();
    unsynced.close();
    release(natives);
  }

  private static void release(List<AutoCloseable> natives) {
    for (var opened : natives.reversed()) {
      try {
        opened.close();
      } catch (Exception e) {
        throw new IllegalStateException("releasing native memory does not fail", e);
      }
    }
  }
}
