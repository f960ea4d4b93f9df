package dev.berth.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * RocksDB's manifest, the list of its files, when its end cannot be read. RocksDB takes an end that
 * was cut off for what it is; but after a power cut the end may also be there in part only, because
 * a file system may make a file's new size durable before the bytes. Then it refuses to open,
 * although what was being written there had not been synced, and so nothing had been built on it.
 *
 * <p>The end is torn when no record can be read behind the unreadable place. That this was the last
 * record and not an older one is no proof that it had not been synced: what RocksDB then misses
 * (tables, logs, revisions) has to be asked of it.
 */
final class TornManifest {
  private final StoreDirectory directory;
  private final Path file;
  private final long readableBytes;

  private TornManifest(StoreDirectory directory, Path file, long readableBytes) {
    this.directory = directory;
    this.file = file;
    this.readableBytes = readableBytes;
  }

  static Optional<TornManifest> find(StoreDirectory directory) throws IOException {
    var database = directory.database();
    var current = database.resolve("CURRENT");
    if (!Files.exists(current)) {
      return Optional.empty();
    }
    var file = database.resolve(Files.readString(current, US_ASCII).strip());
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    var end = new EndOfRecords();
    LogFile.read(file, end);
    // Also a record of which only the beginning is there, and zeros in the next block.
    var torn = end.unreadable >= 0 ? end.unreadable : end.begun;
    return torn < 0 || end.resumed || LogFile.resumesBehind(file, torn)
        ? Optional.empty()
        : Optional.of(new TornManifest(directory, file, end.readableBytes));
  }

  private static final class EndOfRecords implements LogFile.Reader {
    private long readableBytes;
    private long unreadable = -1;
    private long begun = -1;
    private boolean resumed;

    @Override
    public void fragment(long offset, int type, ByteBuffer data) {
      resumed |= unreadable >= 0;
      if (type == LogFile.FIRST) {
        begun = offset;
      } else if (type == LogFile.WHOLE || type == LogFile.LAST) {
        begun = -1;
      }
      if (!resumed && (type == LogFile.WHOLE || type == LogFile.LAST)) {
        readableBytes = offset + LogFile.HEAD + data.limit();
      }
    }

    @Override
    public void unreadable(long offset) {
      if (unreadable < 0) {
        unreadable = offset;
      }
    }
  }

  /** Keeps a copy, and leaves of the manifest the records that can be read. */
  void cutOff() throws IOException {
    var copy = directory.tornManifest();
    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    try (var kept = FileChannel.open(copy, WRITE)) {
      kept.force(true);
    }
    StoreDirectory.sync(directory.path());
    try (var manifest = FileChannel.open(file, WRITE)) {
      manifest.truncate(readableBytes);
      manifest.force(true);
    }
  }

  /** Makes the manifest what it was found to be. */
  void putBack() throws IOException {
    try (var manifest = FileChannel.open(file, WRITE);
        var kept = FileChannel.open(directory.tornManifest())) {
      manifest.transferFrom(kept, 0, kept.size());
      manifest.force(true);
    }
  }

  @Override
  public String toString() {
    return file + " behind byte " + readableBytes;
  }
}
