package dev.berth.node.disk;

import java.util.List;

/** Whether a device may be formatted (principle: a disk is guilty until proven blank). */
public sealed interface BlankVerdict {

  /**
   * It may, now.
   *
   * @param evidence what was looked at, line by line, for the log
   */
  record Blank(List<String> evidence) implements BlankVerdict {
    public Blank {
      evidence = List.copyOf(evidence);
    }
  }

  /**
   * It must not be touched.
   *
   * @param message for the user's event: what was found, what was expected, what to do
   */
  record Refused(Reason reason, String message) implements BlankVerdict {}

  /** Why a device is not proven blank. */
  enum Reason {
    /** A program that the proof needs is not installed. */
    TOOL_MISSING(true),
    /** A read failed. */
    UNREADABLE(true),
    /** A read ended early: the device is shorter than it says. */
    SHORT_READ(true),
    /** It did not answer within the deadline. */
    NO_ANSWER(true),
    /** A file system, partition table, RAID, LVM, LUKS, swap or other signature. */
    SIGNATURE(false),
    /** The kernel has partitions on it. */
    PARTITIONED(false),
    /** Another device is built on it. */
    HELD(true),
    MOUNTED(true),
    SWAP(true),
    /** Somebody has it open exclusively. */
    OPENED(true),
    READ_ONLY(true),
    TOO_SMALL(false),
    /** No signature, but data. */
    NOT_ZERO(false),
    /** It became another device, or changed its size, during the proof. */
    CHANGED(true);

    /** Whether it is about what is on the device, not about the device or its use. */
    boolean content() {
      return switch (this) {
        case SIGNATURE, PARTITIONED, NOT_ZERO -> true;
        case TOOL_MISSING,
            UNREADABLE,
            SHORT_READ,
            NO_ANSWER,
            HELD,
            MOUNTED,
            SWAP,
            OPENED,
            READ_ONLY,
            TOO_SMALL,
            CHANGED ->
            false;
      };
    }

    private final boolean passing;

    Reason(boolean passing) {
      this.passing = passing;
    }

    /** Whether it may go away by itself, so that asking again makes sense without anyone's help. */
    public boolean passing() {
      return passing;
    }
  }
}
