package dev.berth.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a version's value is written: one byte that tells what follows. So that something may later
 * lie beside the document (as a new code), readers ask for the code and do not guess.
 */
final class StoredVersion {
  /** The object was removed. Nothing follows. */
  static final byte TOMBSTONE = 0;

  /** The rest is the document. */
  static final byte DOCUMENT = 1;

  private static final byte[] TOMBSTONE_VALUE = {TOMBSTONE};

  private StoredVersion() {}

  /**
   * @param document null for a removed object
   */
  static byte[] encode(byte @Nullable [] document) {
    if (document == null) {
      return TOMBSTONE_VALUE;
    }
    var value = new byte[document.length + 1];
    value[0] = DOCUMENT;
    System.arraycopy(document, 0, value, 1, document.length);
    return value;
  }

  /** The document; null for a removed object. */
  static byte @Nullable [] document(byte[] value) {
    return isTombstone(value.length == 0 ? -1 : value[0])
        ? null
        : Arrays.copyOfRange(value, 1, value.length);
  }

  /**
   * @param code the value's first byte
   */
  static boolean isTombstone(int code) {
    return switch (code) {
      case TOMBSTONE -> true;
      case DOCUMENT -> false;
      default -> throw new IllegalStateException("unknown code of a version: " + code);
    };
  }
}
