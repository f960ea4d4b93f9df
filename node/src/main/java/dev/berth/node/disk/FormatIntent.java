package dev.berth.node.disk;

import java.time.Instant;
import java.util.UUID;

/**
 * The recorded decision to format a device for a volume.
 *
 * @param volume the volume's uid, which becomes the file system's UUID
 * @param generation how often the device had been wiped by us when it was decided; the wipe record
 *     of that generation is spent by it
 * @param done whether the file system was made and its UUID read back
 */
public record FormatIntent(
    UUID volume,
    DeviceIdentity device,
    FileSystemKind kind,
    long generation,
    Instant decided,
    boolean done) {}
