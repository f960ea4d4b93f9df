package dev.berth.store;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses commits while the disk has less free space than a bound, so that RocksDB seldom meets a
 * full disk half-way and has room to flush and to compact, which frees space. It looks before every
 * write: when there is room again, so are commits.
 */
final class SpaceGuard {
  private static final long MIB = 1 << 20;

  private final LongSupplier freeBytes;
  private final long boundBytes;
  private final String place;

  SpaceGuard(String place, LongSupplier freeBytes, long boundBytes) {
    this.place = place;
    this.freeBytes = freeBytes;
    this.boundBytes = boundBytes;
  }

  /** Why nothing may be committed now; null when it may. */
  @Nullable String refusal() {
    var free = freeBytes.getAsLong();
    return free >= boundBytes ? null : message(free);
  }

  /** What to say when the database itself met a full disk. */
  String refusalOfDatabase() {
    return message(freeBytes.getAsLong());
  }

  private String message(long free) {
    return "the disk of "
        + place
        + " is full ("
        + free / MIB
        + " MiB free, "
        + boundBytes / MIB
        + " MiB needed): nothing can be written until space is freed; reading goes on";
  }
}
