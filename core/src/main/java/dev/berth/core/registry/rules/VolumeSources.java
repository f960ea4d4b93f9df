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

  private VolumeSources() {}

  static void checkHostPath(Field source, Problems problems) {
    Checks.absolutePath(source.child("path"), problems);
    Checks.oneOf(source.child("type"), HOST_PATH_TYPES, problems);
  }

  static void checkNfs(Field source, Problems problems) {
    Checks.required(source.child("server"), problems);
    Checks.absolutePath(source.child("path"), problems);
  }
}
