package dev.berth.node.disk;

import java.time.Instant;
import java.util.UUID;

/**
 * The recorded decision to format a device for a volume.
 *
 * @param volume the volume's uid, which becomes the file system's UUID
 * @param generation the wipe that this life of the volume began with (see {@link WipeRecord}), 0
 *     when it was never wiped by us; a volume is formatted once in each generation
 * @param done whether the file system was made and its UUID read back
 */
public record FormatIntent(
    UUID volume,
    DeviceIdentity device,
    FileSystemKind kind,
    long generation,
    Instant decided,
    boolean done) {}
