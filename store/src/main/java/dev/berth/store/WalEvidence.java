package dev.berth.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads what RocksDB's write-ahead logs still prove when RocksDB itself stopped at a place that it
 * cannot read. Every batch of the committer begins with a {@link WalNote}; one that lies behind the
 * unreadable place and says that everything up to revision R had been synced before, proves that
 * the place was durable once, if it held a revision up to R.
 *
 * <p>Format of a log: blocks of 32 KiB; in them fragments with a head of seven bytes (masked CRC32C
 * of type and data, length, type), all little-endian. A fragment of type 1 is a whole record, one
 * of type 2 the first part of a record. A record is a batch: sequence (8), count (4), then
 * operations, of which type 3, a length and bytes are a note.
 */
final class WalEvidence {
  private static final int BLOCK = 32 * 1024;
  private static final int HEAD = 7;
  private static final int WHOLE = 1;
  private static final int FIRST = 2;
  private static final int BATCH_HEAD = 12;
  private static final int NOTE = 3;
  private static final int CRC_MASK_DELTA = 0xa282ead8;

  private WalEvidence() {}

  /** The newest revision that any readable batch says was durable before it; 0 for none. */
  static long durable(Path database) throws IOException {
    var newest = 0L;
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(database, "*.log")) {
      for (var log : logs) {
        newest = Math.max(newest, durableInFile(log));
      }
    }
    return newest;
  }

  private static long durableInFile(Path log) throws IOException {
    var newest = 0L;
    var block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    try (var file = FileChannel.open(log)) {
      for (var offset = 0L; offset < file.size(); offset += BLOCK) {
        block.clear();
        while (block.hasRemaining() && file.read(block, offset + block.position()) >= 0) {
          // Reads may be short.
        }
        newest = Math.max(newest, durableInBlock(block.flip()));
      }
    }
    return newest;
  }

  /** What is unreadable hides only the rest of its block: fragments do not cross blocks. */
  private static long durableInBlock(ByteBuffer block) {
    var newest = 0L;
    while (block.remaining() > HEAD) {
      var crc = block.getInt();
      var length = Short.toUnsignedInt(block.getShort());
      var type = block.get(block.position());
      if (length + 1 > block.remaining() || crc != maskedCrc(block, length + 1)) {
        return newest;
      }
      var end = block.position() + 1 + length;
      if ((type == WHOLE || type == FIRST) && length > BATCH_HEAD + 2) {
        var batch = block.position() + 1 + BATCH_HEAD;
        if (block.get(batch) == NOTE && block.get(batch + 1) == WalNote.BYTES) {
          var note = block.slice(batch + 2, Math.min(WalNote.BYTES, end - batch - 2));
          newest = Math.max(newest, WalNote.decode(note));
        }
      }
      block.position(end);
    }
    return newest;
  }

  private static int maskedCrc(ByteBuffer block, int length) {
    var crc = new CRC32C();
    crc.update(block.slice(block.position(), length));
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK_DELTA;
  }
}
