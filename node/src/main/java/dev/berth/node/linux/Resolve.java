package dev.berth.node.linux;

import java.util.Set;

/** What openat2 refuses while it walks a path. */
public enum Resolve {
  /** Crossing any mount point, bind mounts of the same file system included (EXDEV). */
  NO_XDEV(0x01),
  /** Links of /proc that jump anywhere (ELOOP). */
  NO_MAGICLINKS(0x02),
  /** Any symbolic link (ELOOP). */
  NO_SYMLINKS(0x04),
  /** Leaving the directory that the walk starts from (EXDEV). */
  BENEATH(0x08);

  /** Everything: the only walk that removal uses. */
  public static final Set<Resolve> STRICT = Set.of(NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH);

  /** Stays beneath and follows no link, but may cross mounts: for paths inside a volume. */
  public static final Set<Resolve> BENEATH_WITHOUT_LINKS =
      Set.of(NO_MAGICLINKS, NO_SYMLINKS, BENEATH);

  /** Stays beneath, whatever links it follows, and may cross mounts: for paths inside a volume. */
  public static final Set<Resolve> BENEATH_WITH_LINKS = Set.of(NO_MAGICLINKS, BENEATH);

  private final long bit;

  Resolve(long bit) {
    this.bit = bit;
  }

  long bit() {
    return bit;
  }
}
