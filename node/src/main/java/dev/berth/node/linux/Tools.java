package dev.berth.node.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the system's programs are, and which Debian package brings one that is missing. */
final class Tools {
  static final List<Path> SYSTEM =
      List.of(
          Path.of("/usr/local/sbin"),
          Path.of("/usr/local/bin"),
          Path.of("/usr/sbin"),
          Path.of("/usr/bin"),
          Path.of("/sbin"),
          Path.of("/bin"));

  private static final Map<String, String> PACKAGES =
      Map.ofEntries(
          Map.entry("blkdiscard", "util-linux"),
          Map.entry("blkid", "util-linux"),
          Map.entry("btrfs", "btrfs-progs"),
          Map.entry("conmon", "conmon"),
          Map.entry("crun", "crun"),
          Map.entry("dd", "coreutils"),
          Map.entry("e2fsck", "e2fsprogs"),
          Map.entry("mkfs.btrfs", "btrfs-progs"),
          Map.entry("mkfs.ext4", "e2fsprogs"),
          Map.entry("mkfs.xfs", "xfsprogs"),
          Map.entry("mount", "mount"),
          Map.entry("mount.nfs", "nfs-common"),
          Map.entry("nsenter", "util-linux"),
          Map.entry("od", "coreutils"),
          Map.entry("perl", "perl-base"),
          Map.entry("resize2fs", "e2fsprogs"),
          Map.entry("runc", "runc"),
          Map.entry("setsid", "util-linux"),
          Map.entry("smartctl", "smartmontools"),
          Map.entry("stat", "coreutils"),
          Map.entry("sync", "coreutils"),
          Map.entry("umount", "mount"),
          Map.entry("unshare", "util-linux"),
          Map.entry("wipefs", "util-linux"),
          Map.entry("xfs_growfs", "xfsprogs"),
          Map.entry("xfs_repair", "xfsprogs"));

  private final List<Path> directories;

  Tools(List<Path> directories) {
    this.directories = List.copyOf(directories);
  }

  /** The program's file; empty when it is not installed. */
  Optional<Path> find(String tool) {
    if (tool.startsWith("/")) {
      var path = Path.of(tool);
      return Files.isExecutable(path) ? Optional.of(path) : Optional.empty();
    }
    for (var directory : directories) {
      var path = directory.resolve(tool);
      if (Files.isExecutable(path)) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  /** What a person does about a program that is not installed. */
  static String missing(String tool) {
    var name = tool.substring(tool.lastIndexOf('/') + 1);
    var remedy =
        Optional.ofNullable(PACKAGES.get(name))
            .map(found -> "install the package " + found + " (apt-get install " + found + ")")
            .orElse("install it");
    return "the program " + tool + " is not installed on this node: " + remedy;
  }
}
