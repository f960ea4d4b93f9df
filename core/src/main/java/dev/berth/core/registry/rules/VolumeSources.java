package dev.berth.core.registry.rules;

import java.util.Set;

/** Where storage is, for what may be said in a pod and in a persistent volume alike. */
final class VolumeSources {

  private static final Set<String> HOST_PATH_TYPES =
      Set.of(
          "",
          "DirectoryOrCreate",
          "Directory",
          "FileOrCreate",
          "File",
          "Socket",
          "CharDevice",
          "BlockDevice");

  /** The driver of image files that nodes attach as loop devices. */
  static final String LOOP_DRIVER = "loop.berth.dev";

  /** Attribute of a volume, and parameter of its class: the pool in which its image lies. */
  static final String POOL = "pool";

  private static final Set<String> FS_TYPES = Set.of("ext4", "xfs", "btrfs");

  private VolumeSources() {}

  static void checkHostPath(Field source, Problems problems) {
    Checks.absolutePath(source.child("path"), problems);
    Checks.oneOf(source.child("type"), HOST_PATH_TYPES, problems);
  }

  static void checkNfs(Field source, Problems problems) {
    Checks.required(source.child("server"), problems);
    Checks.absolutePath(source.child("path"), problems);
  }

  static void checkCsi(Field source, Problems problems) {
    Checks.required(source.child("driver"), problems);
    Checks.subdomain(source.child("driver"), problems);
    if (Checks.required(source.child("volumeHandle"), problems)
        && source.child("driver").text().equals(LOOP_DRIVER)) {
      Checks.subdomain(source.child("volumeHandle"), problems);
      checkFsType(source.child("fsType"), problems);
      checkPool(source.child("volumeAttributes").key(POOL), problems);
    }
  }

  /** One that nodes of ours can make. */
  static void checkFsType(Field fsType, Problems problems) {
    if (!fsType.text().isEmpty()) {
      Checks.oneOf(fsType, FS_TYPES, problems);
    }
  }

  static void checkPool(Field pool, Problems problems) {
    Checks.subdomain(pool, problems);
  }
}
