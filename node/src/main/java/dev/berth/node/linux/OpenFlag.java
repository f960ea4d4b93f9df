package dev.berth.node.linux;

/** How a file is opened. Close-on-exec is always set; without a write flag it is read-only. */
public enum OpenFlag {
  WRITE_ONLY(01),
  READ_WRITE(02),
  CREATE(0100),
  /** With CREATE: must not exist. On a block device: fails with EBUSY while anyone claims it. */
  EXCLUSIVE(0200),
  TRUNCATE(01000),
  DIRECTORY(Bits.ARM ? 040000 : 0200000),
  NO_FOLLOW(Bits.ARM ? 0100000 : 0400000),
  /** Only a handle on the name: nothing of the file itself is touched. */
  PATH(010000000),
  /** Past the page cache: offsets, lengths and memory must be aligned. */
  DIRECT(Bits.ARM ? 0200000 : 040000),
  NON_BLOCK(04000),
  NO_CONTROLLING_TERMINAL(0400);

  private final int bits;

  OpenFlag(int bits) {
    this.bits = bits;
  }

  /** Its value in the kernel's interface of this processor. */
  public int bits() {
    return bits;
  }

  private static final class Bits {
    /** ARM numbers some flags differently. */
    static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");
  }
}
