package dev.berth.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * RocksDB's manifest, the list of its files, when its end cannot be read. RocksDB takes an end that
 * was cut off for what it is; but after a power cut the end may also be there in part only, because
 * a file system may make a file's new size durable before the bytes. Then it refuses to open,
 * although what was being written there had not been synced, and so nothing had been built on it.
 *
 * <p>The end is torn when no record can be read behind the unreadable place. That this was the last
 * record and not an older one is no proof that it had not been synced: what RocksDB then misses
 * (tables, logs, revisions) has to be asked of it. Opening it for writing would remove what it
 * misses, so until the answer is there a copy says that the manifest is not what it was; a process
 * that ends in between leaves the copy, and the next one begins with the manifest as it was found.
 */
final class TornManifest {
  private static final String UNCHECKED = "unchecked-";
  private static final Pattern NAME = Pattern.compile("MANIFEST-[0-9]+");

  private final StoreDirectory directory;
  private final Path file;
  private final long readableBytes;
  private Path kept;

  private TornManifest(StoreDirectory directory, Path file, long readableBytes) {
    this.directory = directory;
    this.file = file;
    this.readableBytes = readableBytes;
    this.kept = file;
  }

  /**
   * Puts a manifest back that an earlier process had cut without getting to the end of its checks:
   * it is as it was found then, and everything is asked again.
   */
  static void resume(StoreDirectory directory) throws IOException {
    var file = current(directory);
    if (file.isEmpty()) {
      return;
    }
    try (var copies = Files.newDirectoryStream(directory.path(), UNCHECKED + "*")) {
      for (var copy : copies) {
        if (copy.equals(unchecked(directory, file.get())) && isCut(file.get(), copy)) {
          move(directory, copy, file.get());
        } else {
          // Not cut yet, or the store was replaced by another one.
          Files.delete(copy);
        }
      }
    }
  }

  private static boolean isCut(Path file, Path copy) throws IOException {
    return Files.mismatch(file, copy) == Files.size(file);
  }

  static Optional<TornManifest> find(StoreDirectory directory) throws IOException {
    var current = current(directory);
    if (current.isEmpty()) {
      return Optional.empty();
    }
    var file = current.get();
    var end = new EndOfRecords();
    LogFile.read(file, end);
    // Also a record of which only the beginning is there, and zeros in the next block.
    var torn = end.unreadable >= 0 ? end.unreadable : end.begun;
    return torn < 0 || end.resumed || LogFile.resumesBehind(file, torn)
        ? Optional.empty()
        : Optional.of(new TornManifest(directory, file, end.readableBytes));
  }

  /** The manifest that the database uses; empty when it has none, or does not say which. */
  private static Optional<Path> current(StoreDirectory directory) throws IOException {
    var database = directory.database();
    var current = database.resolve("CURRENT");
    if (!Files.exists(current)) {
      return Optional.empty();
    }
    // What a power cut may have left there need be no text.
    var name = Files.readString(current, ISO_8859_1).strip();
    return NAME.matcher(name).matches()
        ? Optional.of(database.resolve(name)).filter(Files::isRegularFile)
        : Optional.empty();
  }

  private static Path unchecked(StoreDirectory directory, Path file) {
    return directory.path().resolve(UNCHECKED + file.getFileName());
  }

  private static void move(StoreDirectory directory, Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    StoreDirectory.sync(directory.path());
    StoreDirectory.sync(directory.database());
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

  /**
   * Keeps a copy, and leaves of the manifest the records that can be read. Whoever finds the copy
   * before {@link #checked} puts it back.
   */
  void cutOff() throws IOException {
    var draft = directory.path().resolve("manifest.new");
    Files.copy(file, draft, StandardCopyOption.REPLACE_EXISTING);
    try (var written = FileChannel.open(draft, WRITE)) {
      written.force(true);
    }
    kept = unchecked(directory, file);
    move(directory, draft, kept);
    try (var manifest = FileChannel.open(file, WRITE)) {
      manifest.truncate(readableBytes);
      manifest.force(true);
    }
  }

  /** Nothing that was durable is missed: the copy is for whoever wants to know. */
  void checked() throws IOException {
    move(directory, kept, directory.tornManifest());
    kept = directory.tornManifest();
  }

  /** Makes the manifest what it was found to be. */
  void putBack() throws IOException {
    move(directory, kept, file);
  }

  @Override
  public String toString() {
    return file + " behind byte " + readableBytes;
  }
}
