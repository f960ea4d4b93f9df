package dev.berth.node.disk;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The file systems that Berth makes; any other is only ever recognised and left alone. */
public enum FileSystemKind {
  EXT4,
  XFS,
  BTRFS;

  /** The name that fsType, mount and blkid use. */
  public String typeName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind that a volume's fsType names; empty for one that Berth does not make. */
  public static Optional<FileSystemKind> ofType(String fsType) {
    return Arrays.stream(values()).filter(kind -> kind.typeName().equals(fsType)).findFirst();
  }

  /** For messages: all names. */
  public static String known() {
    return Arrays.stream(values()).map(FileSystemKind::typeName).collect(Collectors.joining(", "));
  }
}
