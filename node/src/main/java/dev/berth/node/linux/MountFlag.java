package dev.berth.node.linux;

/** Flags of a mount that the kernel itself knows. */
public enum MountFlag {
  READ_ONLY(1),
  NO_SUID(2),
  NO_DEV(4),
  NO_EXEC(8),
  NO_ATIME(1024);

  private final long bit;

  MountFlag(long bit) {
    this.bit = bit;
  }

  long bit() {
    return bit;
  }
}
