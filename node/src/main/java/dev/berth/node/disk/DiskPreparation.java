package dev.berth.node.disk;

import dev.berth.core.model.FormatOption;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Brings a disk to the point where its file system may be mounted for a volume: recognises the
 * volume's own, adopts one that belongs to nobody, formats a disk that is proven blank, finishes a
 * format of ours that was cut short, and refuses everything else.
 */
public interface DiskPreparation {

  /**
   * What a volume needs.
   *
   * @param volume its uid, the UUID of a file system that is made for it
   * @param device found at its path just now
   * @param minimumBytes its capacity
   * @param generation the wipe that this life of the volume began with (done/G), 0 without one
   * @param recordedUuid the file system's UUID that was committed for the volume; then nothing else
   *     is accepted, and nothing is ever formatted
   * @param readOnly the volume is only to be read: nothing is formatted
   * @param ownerOf the name of the other volume, if there is one, for which a file system's UUID is
   *     recorded or whose uid it is (formatted for it, and not committed yet)
   * @param ours which mounts of the device are the node's own
   * @param anyway whether content that is refused may be destroyed
   * @param options how a file system is made
   */
  record Request(
      UUID volume,
      BlockDevice device,
      FileSystemKind kind,
      long minimumBytes,
      long generation,
      Optional<String> recordedUuid,
      boolean readOnly,
      Function<String, Optional<String>> ownerOf,
      Predicate<MountEntry> ours,
      FormatAnyway anyway,
      Map<FormatOption, Long> options) {
    public Request {
      options = Map.copyOf(options);
    }
  }

  /** What became of it. */
  sealed interface Prepared {

    /**
     * It carries the volume's file system. The UUID must be committed for the volume before a pod
     * first sees it, and before the mount where the file system was not made just now.
     */
    record Ready(BlockDevice device, String uuid, Origin origin) implements Prepared {}

    /**
     * It must not be mounted for this volume, and was not touched.
     *
     * @param passing whether that may change without anybody's help: try again after a while
     */
    record Refused(Reason reason, String message, boolean passing) implements Prepared {}

    /** Erasing debris or formatting did not succeed: try again, the journal knows. */
    record Unfinished(Outcome outcome) implements Prepared {}
  }

  /** Where a file system comes from. */
  enum Origin {
    /** Recorded for the volume earlier. */
    OWN,
    /** Was there, belonging to nobody. */
    ADOPTED,
    /** Made by us just now, or before a restart that kept its UUID from being committed. */
    FORMATTED
  }

  /** Why a disk was refused. */
  enum Reason {
    /** Not proven blank; the message tells which rule. */
    NOT_BLANK,
    /** Signatures, partitions or unknown content where the volume's file system is expected. */
    UNEXPECTED_CONTENT,
    /** A file system with another UUID than the recorded one. */
    WRONG_DISK,
    /** The recorded file system is not there any more. */
    LOST,
    /** A file system of another type than the volume's fsType. */
    OTHER_TYPE,
    /** The file system belongs to another volume. */
    OWNED,
    TOO_SMALL,
    /** Used by something that is not ours. */
    IN_USE,
    /** It could not be examined. */
    UNREADABLE,
    /** Blank, but the volume or the device is read-only. */
    READ_ONLY
  }

  /**
   * Prepares a device. Callers see to it that meanwhile nothing is done to it for another volume:
   * two that name one device must not both find it blank.
   */
  Prepared prepare(Request request) throws IOException, InterruptedException;
}
