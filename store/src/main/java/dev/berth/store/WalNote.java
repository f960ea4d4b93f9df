package dev.berth.store;

import java.nio.ByteBuffer;

/**
 * What the committer notes at the head of each batch in RocksDB's write-ahead log, for {@link
 * WalEvidence}; it is no part of the data.
 */
final class WalNote {
  private static final int MAGIC = 0x62727468;
  static final int BYTES = Integer.BYTES + Long.BYTES;

  private WalNote() {}

  /**
   * @param durable everything up to this revision had been synced when the batch was written
   */
  static byte[] encode(long durable) {
    return ByteBuffer.allocate(BYTES).putInt(MAGIC).putLong(durable).array();
  }

  /** The revision of the note at the buffer's position; 0 when there is no note. */
  static long decode(ByteBuffer note) {
    return note.remaining() >= BYTES && note.getInt() == MAGIC ? note.getLong() : 0;
  }
}
