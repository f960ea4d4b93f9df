package dev.berth.it.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * What the store is measured against: RocksDB with the store's settings and one thread that writes
 * everything that waits as one synced batch, an object and a log key for each; nothing is compared,
 * remembered or told.
 */
final class BareCommitter implements AutoCloseable {
  private static final int GROUP = 512;

  private record Write(byte[] key, byte[] value, CompletableFuture<Long> answer) {}

  private final BlockingQueue<Write> queue = new ArrayBlockingQueue<>(8_192);
  private final List<ColumnFamilyHandle> columns = new ArrayList<>();
  private final RocksDB rocks;
  private final Write end = new Write(new byte[0], new byte[0], new CompletableFuture<>());
  private long revision;

  BareCommitter(Path directory) throws RocksDBException {
    RocksDB.loadLibrary();
    var cache = new LRUCache(8 << 20);
    var options =
        new DBOptions()
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
            .setDbWriteBufferSize(8 << 20)
            .setMaxTotalWalSize(16 << 20)
            .setMaxBackgroundJobs(2)
            .setMaxOpenFiles(256)
            .setBytesPerSync(1 << 20);
    rocks =
        RocksDB.open(
            options,
            directory.toString(),
            List.of(
                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, column(cache, 4 << 20)),
                new ColumnFamilyDescriptor("log".getBytes(US_ASCII), column(cache, 1 << 20))),
            columns);
    Thread.ofPlatform().daemon().name("bare-commit").start(this::run);
  }

  private static ColumnFamilyOptions column(LRUCache cache, long memtableBytes) {
    return new ColumnFamilyOptions()
        .setWriteBufferSize(memtableBytes)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setTargetFileSizeBase(16 << 20)
        .setMaxBytesForLevelBase(64 << 20)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setFormatVersion(5));
  }

  CompletableFuture<Long> commit(byte[] key, byte[] value) throws InterruptedException {
    var write = new Write(key, value, new CompletableFuture<>());
    queue.put(write);
    return write.answer();
  }

  private void run() {
    var group = new ArrayList<Write>();
    try (var synced = new WriteOptions().setSync(true)) {
      while (true) {
        group.clear();
        group.add(queue.take());
        queue.drainTo(group, GROUP - 1);
        var ended = group.remove(end);
        try (var batch = new WriteBatch()) {
          for (var write : group) {
            revision++;
            var key = ByteBuffer.allocate(write.key().length + 8).put(write.key());
            batch.put(columns.get(0), key.putLong(~revision).array(), write.value());
            var logKey = ByteBuffer.allocate(8).putLong(revision).array();
            var entry = ByteBuffer.allocate(write.key().length + 9).put((byte) 1).putLong(0);
            batch.put(columns.get(1), logKey, entry.put(write.key()).array());
          }
          rocks.write(synced, batch);
        }
        group.forEach(write -> write.answer().complete(revision));
        if (ended) {
          end.answer().complete(revision);
          return;
        }
      }
    } catch (RocksDBException | InterruptedException e) {
      end.answer().completeExceptionally(e);
      group.forEach(write -> write.answer().completeExceptionally(e));
    }
  }

  @Override
  public void close() {
    queue.add(end);
    end.answer().join();
    columns.forEach(ColumnFamilyHandle::close);
    rocks.close();
  }
}
