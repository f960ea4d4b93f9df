package dev.berth.node.linux;

/** What kind of file an inode is. */
public enum FileType {
  REGULAR,
  DIRECTORY,
  SYMBOLIC_LINK,
  BLOCK_DEVICE,
  CHARACTER_DEVICE,
  FIFO,
  SOCKET,
  UNKNOWN;

  /** What st_mode says. */
  public static FileType ofMode(int mode) {
    return switch (mode & 0xf000) {
      case 0x8000 -> REGULAR;
      case 0x4000 -> DIRECTORY;
      case 0xa000 -> SYMBOLIC_LINK;
      case 0x6000 -> BLOCK_DEVICE;
      case 0x2000 -> CHARACTER_DEVICE;
      case 0x1000 -> FIFO;
      case 0xc000 -> SOCKET;
      default -> UNKNOWN;
    };
  }
}
