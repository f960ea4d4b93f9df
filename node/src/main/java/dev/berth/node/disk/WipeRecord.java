package dev.berth.node.disk;

import java.time.Instant;

/**
 * How far a device has been wiped. Complete, it allows one format of the device even where samples
 * do not read zero; the first {@link FormatIntent} of its generation spends it.
 *
 * @param generation which release of the volume the wipe belongs to (core's wipe protocol):
 *     growing, never used again, at least 1
 * @param wipedBytes everything before it is zero and synced; what comes after is not wiped yet
 */
public record WipeRecord(
    DeviceIdentity device, long generation, long wipedBytes, Instant updated, boolean complete) {}
