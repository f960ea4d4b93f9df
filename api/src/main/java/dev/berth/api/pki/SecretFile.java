package dev.berth.api.pki;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Files that only their owner may read, each there whole or not at all. */
final class SecretFile {
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OWNER_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");

  private SecretFile() {}

  /** Makes a directory that only its owner may enter, where there is none. */
  static void directory(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Files.createDirectories(path, PosixFilePermissions.asFileAttribute(OWNER_DIRECTORY));
    }
  }

  /** Writes a file and has it on the disk before it returns. */
  static void write(Path path, String text) throws IOException {
    var directory = Objects.requireNonNull(path.toAbsolutePath().getParent());
    var written = directory.resolve("." + path.getFileName() + ".new");
    Files.deleteIfExists(written);
    try (var channel =
        FileChannel.open(
            written,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER))) {
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(written, path, StandardCopyOption.ATOMIC_MOVE);
    try (var entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    }
  }

  /** Reads a file, after taking away what others may do with it. */
  static String read(Path path) throws IOException {
    if (!OWNER.containsAll(Files.getPosixFilePermissions(path))) {
      Files.setPosixFilePermissions(path, OWNER);
    }
    return Files.readString(path);
  }
}
