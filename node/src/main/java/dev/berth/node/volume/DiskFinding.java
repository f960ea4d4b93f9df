package dev.berth.node.volume;

/**
 * What is wrong with the disk of a volume.
 *
 * @param message for a person: what was expected, what was found
 */
record DiskFinding(Trouble trouble, String message) {

  /** What can be wrong, the worst first, with the word for programs. */
  enum Trouble {
    MISSING("DiskMissing", Memory.NONE),
    OTHER_DISK("DiskIdentityMismatch", Memory.NONE),
    SILENT("DiskNotAnswering", Memory.NONE),
    DEAD("FileSystemShutDown", Memory.UNTIL_MOUNTED),
    READ_ONLY("FileSystemReadOnly", Memory.UNTIL_MOUNTED),
    ERRORS("FileSystemErrors", Memory.UNTIL_MOUNTED),
    IO_ERRORS("IoErrors", Memory.FOR_EVER),
    SMART("SmartFailing", Memory.FOR_EVER);

    private final String reason;
    private final Memory memory;

    Trouble(String reason, Memory memory) {
      this.reason = reason;
      this.memory = memory;
    }

    String reason() {
      return reason;
    }
  }

  /** How long a trouble counts that does not show any more. */
  private enum Memory {
    /** What is seen now is all there is to it. */
    NONE,
    /** Until the file system was checked and is mounted, without it. */
    UNTIL_MOUNTED,
    /** Hardware does not heal: only a person takes it back. */
    FOR_EVER
  }

  /** Whether a disk that shows no trouble now, but this one before, is in order. */
  static boolean over(String reason, boolean mounted) {
    for (var trouble : Trouble.values()) {
      if (trouble.reason.equals(reason)) {
        return switch (trouble.memory) {
          case NONE -> true;
          case UNTIL_MOUNTED -> mounted;
          case FOR_EVER -> false;
        };
      }
    }
    return false;
  }
}
