package dev.berth.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads the format in which RocksDB writes its write-ahead logs and its manifest: blocks of 32 KiB;
 * in them fragments with a head of seven bytes (masked CRC32C of type and data, length, type), all
 * little-endian. A fragment of type 1 is a whole record; the types 2, 3 and 4 are the first, a
 * middle and the last part of one. Fragments do not cross blocks, so what is unreadable hides only
 * the rest of its block; zeros where a head should be say that nothing more was written there.
 */
final class LogFile {
  static final int WHOLE = 1;
  static final int FIRST = 2;
  static final int LAST = 4;
  static final int HEAD = 7;

  private static final int BLOCK = 32 * 1024;
  private static final int CRC_MASK_DELTA = 0xa282ead8;

  /** Is told of what is in a file, in its order. */
  interface Reader {
    /**
     * @param offset of its head in the file, in bytes
     * @param data valid until this returns
     */
    void fragment(long offset, int type, ByteBuffer data);

    /** Nothing that begins here can be read; the file goes on with the next block. */
    default void unreadable(long offset) {}
  }

  private LogFile() {}

  static void read(Path path, Reader reader) throws IOException {
    var block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    try (var file = FileChannel.open(path)) {
      for (var offset = 0L; offset < file.size(); offset += BLOCK) {
        block.clear();
        while (block.hasRemaining() && file.read(block, offset + block.position()) >= 0) {
          // Reads may be short.
        }
        readBlock(block.flip(), offset, reader);
      }
    }
  }

  private static void readBlock(ByteBuffer block, long offset, Reader reader) {
    while (block.remaining() >= HEAD) {
      var at = block.position();
      if (!isFragment(block, at)) {
        if (block.getInt(at) != 0 || block.getShort(at + 4) != 0 || block.get(at + 6) != 0) {
          reader.unreadable(offset + at);
        }
        return;
      }
      var length = length(block, at);
      reader.fragment(offset + at, block.get(at + 6), block.slice(at + HEAD, length));
      block.position(at + HEAD + length);
    }
  }

  /** Whether a fragment can be read behind an offset in the block that the offset is in. */
  static boolean resumesBehind(Path path, long offset) throws IOException {
    var block = ByteBuffer.allocate((int) (BLOCK - offset % BLOCK)).order(ByteOrder.LITTLE_ENDIAN);
    try (var file = FileChannel.open(path)) {
      while (block.hasRemaining() && file.read(block, offset + block.position()) >= 0) {
        // Reads may be short.
      }
    }
    block.flip();
    for (var at = 1; at + HEAD <= block.limit(); at++) {
      if (isFragment(block, at)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isFragment(ByteBuffer block, int at) {
    var length = length(block, at);
    return block.get(at + 6) != 0
        && at + HEAD + length <= block.limit()
        && block.getInt(at) == maskedCrc(block, at + HEAD - 1, length + 1);
  }

  private static int length(ByteBuffer block, int at) {
    return Short.toUnsignedInt(block.getShort(at + 4));
  }

  private static int maskedCrc(ByteBuffer block, int from, int length) {
    var crc = new CRC32C();
    crc.update(block.slice(from, length));
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK_DELTA;
  }
}
