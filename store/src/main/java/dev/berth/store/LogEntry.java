package dev.berth.store;

import dev.berth.core.storage.ObjectKey;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What the log says of a revision. Documents are not repeated in it: they are the object's version
 * at this revision, and at the previous one.
 */
sealed interface LogEntry {

  /**
   * The object was made, or replaced.
   *
   * @param previous the revision of the version that it replaced, 0 when it was made
   */
  record Written(ObjectKey key, long previous) implements LogEntry {}

  /**
   * The object was removed.
   *
   * @param previous the revision of the version that was removed
   */
  record Removed(ObjectKey key, long previous) implements LogEntry {}

  /**
   * The revisions from {@code first} to this one are not used: they may have been seen before a
   * power cut took what was written under them (see {@link RelaxedCeiling}).
   */
  record Gap(long first) implements LogEntry {}

  /** The codes are part of the format: see {@link StoreDirectory#FORMAT}. */
  byte WRITTEN = 1;

  byte REMOVED = 2;
  byte GAP = 3;

  default byte[] encode() {
    return switch (this) {
      case Written(var key, var previous) -> encode(WRITTEN, previous, KeyLayout.stem(key));
      case Removed(var key, var previous) -> encode(REMOVED, previous, KeyLayout.stem(key));
      case Gap(var first) -> encode(GAP, first, new byte[0]);
    };
  }

  /** The same as {@link #encode()} of a change, for one whose stem is at hand. */
  static byte[] encode(byte code, long revision, byte[] stem) {
    return ByteBuffer.allocate(1 + Long.BYTES + stem.length)
        .put(code)
        .putLong(revision)
        .put(stem)
        .array();
  }

  static LogEntry decode(byte[] value) {
    if (value.length < 1 + Long.BYTES) {
      throw new IllegalStateException("not a log entry: " + Arrays.toString(value));
    }
    var revision = ByteBuffer.wrap(value).getLong(1);
    var stem = Arrays.copyOfRange(value, 1 + Long.BYTES, value.length);
    return switch (value[0]) {
      case WRITTEN -> new Written(KeyLayout.key(stem), revision);
      case REMOVED -> new Removed(KeyLayout.key(stem), revision);
      case GAP -> new Gap(revision);
      default -> throw new IllegalStateException("unknown code of a log entry: " + value[0]);
    };
  }
}
