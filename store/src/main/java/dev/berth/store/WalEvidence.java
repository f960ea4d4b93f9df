package dev.berth.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads what RocksDB's write-ahead logs still prove when RocksDB itself stopped at a place that it
 * cannot read. Every batch of the committer begins with a {@link WalNote}; one that lies behind the
 * unreadable place and says that everything up to revision R had been synced before, proves that
 * the place was durable once, if it held a revision up to R.
 *
 * <p>A log's record is a batch: sequence (8), count (4), then operations, of which type 3, a length
 * and bytes are a note.
 */
final class WalEvidence {
  private static final int BATCH_HEAD = 12;
  private static final int NOTE = 3;

  private long newest;

  private WalEvidence() {}

  /** The newest revision that any readable batch says was durable before it; 0 for none. */
  static long durable(Path database) throws IOException {
    var evidence = new WalEvidence();
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(database, "*.log")) {
      for (var log : logs) {
        LogFile.read(log, (offset, type, data) -> evidence.consider(type, data));
      }
    }
    return evidence.newest;
  }

  private void consider(int type, ByteBuffer data) {
    if ((type == LogFile.WHOLE || type == LogFile.FIRST)
        && data.limit() > BATCH_HEAD + 2
        && data.get(BATCH_HEAD) == NOTE
        && data.get(BATCH_HEAD + 1) == WalNote.BYTES) {
      var from = BATCH_HEAD + 2;
      var note = data.slice(from, Math.min(WalNote.BYTES, data.limit() - from));
      newest = Math.max(newest, WalNote.decode(note));
    }
  }
}
