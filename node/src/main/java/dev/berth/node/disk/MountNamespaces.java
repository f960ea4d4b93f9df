package dev.berth.node.disk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Who has a device mounted where this process does not see it: in a mount namespace of its own,
 * such as a container's. The kernel refuses to open such a device exclusively without saying why.
 */
final class MountNamespaces {
  private final Path proc;

  MountNamespaces(Path proc) {
    this.proc = proc;
  }

  /** For a person: a process that sees a mount of the device, and where. */
  Optional<String> mountOf(BlockDevice device) {
    var seen = new HashSet<Path>();
    try (var processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (var process : processes) {
        var found = mountOf(device, process, seen);
        if (found.isPresent()) {
          return found;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It only explains what was refused anyway.
      return Optional.empty();
    }
    return Optional.empty();
  }

  private static Optional<String> mountOf(BlockDevice device, Path process, Set<Path> seen) {
    try {
      if (!seen.add(Files.readSymbolicLink(process.resolve("ns/mnt")))) {
        return Optional.empty();
      }
      var table =
          MountTable.parse(
              new String(Files.readAllBytes(process.resolve("mountinfo")), StandardCharsets.UTF_8));
      return table.entries().stream()
          .filter(
              mount ->
                  mount.device().equals(device.identity().number())
                      || mount.source().equals(device.node().toString()))
          .findFirst()
          .map(
              mount ->
                  "it is mounted at %s in the mount namespace of process %s (%s)"
                      .formatted(mount.target(), process.getFileName(), name(process)));
    } catch (IOException e) {
      // The process has ended, or has no mounts any more.
      return Optional.empty();
    }
  }

  private static String name(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "ended";
    }
  }
}
