package dev.berth.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.SharedText;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How keys are written in the database, whose order is that of unsigned bytes.
 *
 * <p>An object's <em>stem</em> is {@code resource NUL namespace NUL name NUL} in UTF-8. A version
 * lies under the stem and the bits of its revision inverted, eight bytes: an object's newest
 * version comes first, and the first one at or after {@code stem, ~R} is what the object was at
 * revision R. As no part contains a NUL, no object's versions lie between those of another, and
 * objects are in the order of {@link ObjectKey}.
 *
 * <p>A log entry lies under its revision, eight bytes, most significant first.
 */
final class KeyLayout {
  private static final int REVISION_BYTES = Long.BYTES;
  private static final byte AFTER_NUL = 1;

  private KeyLayout() {}

  static byte[] stem(ObjectKey key) {
    return stem(key.resource(), key.namespace(), key.name());
  }

  private static byte[] stem(String... parts) {
    var encoded = new byte[parts.length][];
    var length = 0;
    for (var i = 0; i < parts.length; i++) {
      encoded[i] = parts[i].getBytes(UTF_8);
      length += encoded[i].length + 1;
    }
    var stem = new byte[length];
    var at = 0;
    for (var part : encoded) {
      System.arraycopy(part, 0, stem, at, part.length);
      at += part.length + 1;
    }
    return stem;
  }

  static byte[] version(byte[] stem, long revision) {
    return ByteBuffer.allocate(stem.length + REVISION_BYTES).put(stem).putLong(~revision).array();
  }

  /** The stem that a version lies under. */
  static byte[] stemOf(byte[] version) {
    return Arrays.copyOf(version, version.length - REVISION_BYTES);
  }

  static long revisionOf(byte[] version) {
    return ~ByteBuffer.wrap(version).getLong(version.length - REVISION_BYTES);
  }

  static boolean liesUnder(byte[] version, byte[] stem) {
    return version.length == stem.length + REVISION_BYTES
        && Arrays.equals(version, 0, stem.length, stem, 0, stem.length);
  }

  /** Where the versions of the objects after this one begin. */
  static byte[] afterStem(byte[] stem) {
    var after = stem.clone();
    after[after.length - 1] = AFTER_NUL;
    return after;
  }

  /** Where the versions of a scope's objects begin. */
  static byte[] start(Scope scope) {
    if (scope.resource() == null) {
      return new byte[0];
    }
    if (scope.namespace() == null) {
      return stem(scope.resource());
    }
    return scope.name() == null
        ? stem(scope.resource(), scope.namespace())
        : stem(scope.resource(), scope.namespace(), scope.name());
  }

  /** Where they have ended; null for the end of all. */
  static byte @Nullable [] end(Scope scope) {
    return scope.resource() == null ? null : afterStem(start(scope));
  }

  static ObjectKey key(byte[] stem) {
    var first = indexOfNul(stem, 0);
    var second = indexOfNul(stem, first + 1);
    var third = indexOfNul(stem, second + 1);
    if (third != stem.length - 1) {
      throw new IllegalStateException("not the stem of an object: " + Arrays.toString(stem));
    }
    return new ObjectKey(
        SharedText.of(new String(stem, 0, first, UTF_8)),
        SharedText.of(new String(stem, first + 1, second - first - 1, UTF_8)),
        new String(stem, second + 1, third - second - 1, UTF_8));
  }

  private static int indexOfNul(byte[] stem, int from) {
    for (var i = from; i < stem.length; i++) {
      if (stem[i] == 0) {
        return i;
      }
    }
    throw new IllegalStateException("not the stem of an object: " + Arrays.toString(stem));
  }

  static byte[] log(long revision) {
    return ByteBuffer.allocate(REVISION_BYTES).putLong(revision).array();
  }

  static long logRevision(byte[] key) {
    return ByteBuffer.wrap(key).getLong();
  }
}
