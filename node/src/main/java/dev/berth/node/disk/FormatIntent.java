package dev.berth.node.disk;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.UUID;

/**
 * The recorded decision to format a device for a volume.
 *
 * @param volume the volume's uid, which becomes the file system's UUID
 * @param generation the wipe that this life of the volume began with (see {@link WipeRecord}), 0
 *     when it was never wiped by us; a volume is formatted once in each generation
 * @param anyway the administrator's word by which content was destroyed ({@link FormatAnyway}),
 *     empty for a disk that was proven blank
 * @param done whether the file system was made and its UUID read back
 */
public record FormatIntent(
    UUID volume,
    DeviceIdentity device,
    FileSystemKind kind,
    long generation,
    Instant decided,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String anyway,
    boolean done) {

  public FormatIntent {
    // Records of before there was such a word.
    anyway = anyway == null ? "" : anyway;
  }

  /** The same, finished. */
  FormatIntent finished() {
    return new FormatIntent(volume, device, kind, generation, decided, anyway, true);
  }
}
