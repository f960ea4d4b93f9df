package dev.berth.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of a store, held by this process as long as this is open.
 *
 * <ul>
 *   <li>{@code lock}: locked by the process that uses the store; holds its pid
 *   <li>{@code format}: the number of the format, in a file of its own so that it is read before
 *       anything of the database is touched
 *   <li>{@code acknowledged}: a revision that was acknowledged as durable ({@link Acknowledged})
 *   <li>{@code reserve}: bytes to give up when the store is opened on a full disk
 *   <li>{@code rocksdb}: the database
 *   <li>{@code manifest.torn}: the database's list of files as the last power cut left it that tore
 *       it, for whoever wants to know ({@link TornManifest}); {@code unchecked-MANIFEST-…} while
 *       what it misses is being found out
 * </ul>
 */
final class StoreDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StoreDirectory.class);

  /** The newest format that this code reads and writes. */
  static final int FORMAT = 1;

  /**
   * What this process holds. The kernel's lock is the process's: opening and closing the file a
   * second time would give up the first lock.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final Path identity;
  private final FileChannel lock;

  private StoreDirectory(Path directory, Path identity, FileChannel lock) {
    this.directory = directory;
    this.identity = identity;
    this.lock = lock;
  }

  /** Makes the directory when there is none, locks it, and checks its format. */
  static StoreDirectory open(Path directory) throws StoreOpenException {
    try {
      makePrivate(directory);
      var identity = directory.toRealPath();
      if (!HELD.add(identity)) {
        throw new StoreOpenException.Held(directory, "this process itself");
      }
      try {
        return hold(directory, identity);
      } catch (IOException | RuntimeException e) {
        HELD.remove(identity);
        throw e;
      }
    } catch (StoreOpenException e) {
      throw e;
    } catch (IOException e) {
      throw new StoreOpenException.Unusable(
          directory, "check that it is a directory that this user may write", e);
    }
  }

  private static StoreDirectory hold(Path directory, Path identity) throws IOException {
    var lock = FileChannel.open(directory.resolve("lock"), CREATE, READ, WRITE);
    try {
      if (lock.tryLock() == null) {
        throw new StoreOpenException.Held(directory, holder(lock));
      }
      lock.truncate(0);
      lock.write(US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
      var held = new StoreDirectory(directory, identity, lock);
      held.checkFormat();
      return held;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void makePrivate(Path directory) throws IOException {
    var ownerOnly = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(ownerOnly));
  }

  private static String holder(FileChannel lock) throws IOException {
    var text = ByteBuffer.allocate(32);
    lock.read(text, 0);
    var pid = US_ASCII.decode(text.flip()).toString().strip();
    return pid.isEmpty() ? "another process" : "process " + pid;
  }

  private void checkFormat() throws IOException {
    var file = directory.resolve("format");
    if (!Files.exists(file)) {
      if (Files.exists(database())) {
        throw new StoreOpenException.Damaged(directory, "its file 'format' is missing", null);
      }
      writeFormat(directory);
      return;
    }
    var text = Files.readString(file, US_ASCII).strip();
    int found;
    try {
      found = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new StoreOpenException.Damaged(
          directory, "its file 'format' holds '" + text + "' instead of a number", e);
    }
    if (found > FORMAT) {
      throw new StoreOpenException.NewerFormat(directory, found, FORMAT);
    }
  }

  /** Durably writes the format's number, all of it or nothing. */
  static void writeFormat(Path directory) throws IOException {
    var draft = directory.resolve("format.new");
    try (var file = FileChannel.open(draft, CREATE, WRITE, TRUNCATE_EXISTING)) {
      file.write(US_ASCII.encode(FORMAT + "\n"));
      file.force(true);
    }
    Files.move(draft, directory.resolve("format"), StandardCopyOption.ATOMIC_MOVE);
    sync(directory);
  }

  static void sync(Path directory) throws IOException {
    try (var handle = FileChannel.open(directory, READ)) {
      handle.force(true);
    }
  }

  Path path() {
    return directory;
  }

  Path database() {
    return database(directory);
  }

  static Path database(Path directory) {
    return directory.resolve("rocksdb");
  }

  Path acknowledged() {
    return directory.resolve("acknowledged");
  }

  Path tornManifest() {
    return directory.resolve("manifest.torn");
  }

  private Path reserve() {
    return directory.resolve("reserve");
  }

  long freeBytes() {
    return directory.toFile().getUsableSpace();
  }

  /** Gives up the reserve when there is less than {@code neededBytes} of free space. */
  void giveUpReserveBelow(long neededBytes) throws StoreOpenException {
    try {
      if (freeBytes() < neededBytes && Files.deleteIfExists(reserve())) {
        log.warn("the disk of {} is nearly full: gave up the reserve to open the store", directory);
      }
    } catch (IOException e) {
      throw new StoreOpenException.Unusable(directory, "check the disk it lies on", e);
    }
  }

  /**
   * Makes the reserve, if it has a size, when it is missing and there is room for it above {@code
   * freeBytesToLeave}. Its bytes are random, because a file system may keep other ones without
   * using space for them.
   */
  void makeReserve(long bytes, long freeBytesToLeave) {
    var file = reserve();
    var draft = directory.resolve("reserve.new");
    try {
      if (bytes == 0 || Files.exists(file) || freeBytes() < freeBytesToLeave + bytes) {
        return;
      }
      try (var out = FileChannel.open(draft, CREATE, WRITE, TRUNCATE_EXISTING)) {
        var random = new SplittableRandom(bytes);
        var chunk = new byte[1 << 16];
        for (var left = bytes; left > 0; left -= chunk.length) {
          random.nextBytes(chunk);
          out.write(ByteBuffer.wrap(chunk, 0, (int) Math.min(left, chunk.length)));
        }
        out.force(false);
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      log.warn("could not make {}: a full disk may keep the store from opening", file, e);
      draft.toFile().delete();
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("could not give back the lock of {}", directory, e);
    }
    HELD.remove(identity);
  }
}
