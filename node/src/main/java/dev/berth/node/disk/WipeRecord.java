package dev.berth.node.disk;

import dev.berth.core.model.WipeMethod;
import java.time.Instant;

/**
 * How far a device has been wiped. Complete, by a method that leaves data, it allows one format of
 * the device although samples do not read zero; the first {@link FormatIntent} of its generation
 * spends it.
 *
 * @param generation which release of the volume the wipe belongs to (core's wipe protocol):
 *     growing, never used again, at least 1
 * @param method how
 * @param wipedBytes what has been done and synced, counted over all passes of the method one after
 *     the other
 */
public record WipeRecord(
    DeviceIdentity device,
    long generation,
    WipeMethod method,
    long wipedBytes,
    Instant updated,
    boolean complete) {

  public WipeRecord {
    // Records of before there were methods.
    method = method == null ? WipeMethod.ZERO : method;
  }
}
