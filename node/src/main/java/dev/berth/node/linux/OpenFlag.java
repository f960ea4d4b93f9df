package dev.berth.node.linux;

/** How a file is opened. Close-on-exec is always set; without a write flag it is read-only. */
public enum OpenFlag {
  WRITE_ONLY,
  READ_WRITE,
  CREATE,
  /** With CREATE: must not exist. On a block device: fails with EBUSY while anyone claims it. */
  EXCLUSIVE,
  TRUNCATE,
  DIRECTORY,
  NO_FOLLOW,
  /** Only a handle on the name: nothing of the file itself is touched. */
  PATH,
  /** Past the page cache: offsets, lengths and memory must be aligned. */
  DIRECT,
  NON_BLOCK,
  NO_CONTROLLING_TERMINAL
}
