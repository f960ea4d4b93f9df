package dev.berth.node.disk;

/** What blkid recognised on a device. Nothing here allows formatting: see {@link BlankProof}. */
public sealed interface ProbeResult {

  /** No signature was recognised, and the first bytes can be read. That is not yet blank. */
  record Nothing() implements ProbeResult {}

  /**
   * One file system, or a member of a RAID, LVM, LUKS or the like.
   *
   * @param type for example ext4, swap, LVM2_member, crypto_LUKS
   * @param uuid its UUID as it is written there, empty where the type has none
   * @param label empty where there is none
   */
  record Content(String type, String uuid, String label) implements ProbeResult {}

  /** A partition table ("gpt", "dos"). */
  record PartitionTable(String type) implements ProbeResult {}

  /** Several signatures that contradict one another. */
  record Ambivalent(String message) implements ProbeResult {}

  /** It could not be read, or blkid failed, or is missing. */
  record Unreadable(String message) implements ProbeResult {}

  /** The device did not answer in time. */
  record NoAnswer(String message) implements ProbeResult {}

  /** For a person: what was found. */
  default String text() {
    return switch (this) {
      case Nothing() -> "no signature";
      case Content(var type, var uuid, _) ->
          uuid.isEmpty() ? "a signature of type " + type : type + " with UUID " + uuid;
      case PartitionTable(var type) -> "a partition table of type " + type;
      case Ambivalent(var message) -> message;
      case Unreadable(var message) -> message;
      case NoAnswer(var message) -> message;
    };
  }
}
