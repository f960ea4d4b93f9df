package dev.berth.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Remembers, outside the database, a revision that was acknowledged as durable, so that a store
 * that comes back with less is found out when it is opened.
 *
 * <p>The file is written after each synced commit, and never synced itself: after a power cut it
 * may be older than what was acknowledged, but it is never newer. After the death of only the
 * process it is exact.
 */
final class Acknowledged implements AutoCloseable {
  private static final int BYTES = Long.BYTES + Integer.BYTES;

  private final FileChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);

  private Acknowledged(FileChannel file) {
    this.file = file;
  }

  static Acknowledged open(Path path) throws IOException {
    return new Acknowledged(FileChannel.open(path, CREATE, READ, WRITE));
  }

  /** The revision; 0 when nothing is known. */
  long read() throws IOException {
    buffer.clear();
    if (file.read(buffer, 0) < BYTES) {
      return 0;
    }
    var revision = buffer.getLong(0);
    // Half a write proves nothing, and the store's own records still do.
    return buffer.getInt(Long.BYTES) == check(revision) ? revision : 0;
  }

  /** Notes that everything up to {@code revision} is durable. */
  void write(long revision) {
    buffer.clear().putLong(revision).putInt(check(revision)).flip();
    try {
      file.write(buffer, 0);
    } catch (IOException e) {
      // An older revision stays, which is still true: the disk being full must not fail a commit
      // that is already durable.
      return;
    }
  }

  private static int check(long revision) {
    var crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(revision).flip());
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
