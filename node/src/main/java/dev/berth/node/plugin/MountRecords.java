package dev.berth.node.plugin;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * The records beside mounts, for whoever comes after this process: whole, or not there at all. They
 * are not synced, because a power cut ends what they tell of: one that it has cut short reads as
 * none, and the directories tell what to take away.
 */
final class MountRecords {
  private static final String UNFINISHED = ".new";

  private MountRecords() {}

  /** Writes a record over an older one. */
  static void write(Path file, Object record) throws IOException {
    var bytes = Json.write(Json.tree(record));
    if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
      return;
    }
    // Not a name that ends like a record's: a process that is killed in between leaves none.
    var unfinished = file.resolveSibling("." + file.getFileName() + UNFINISHED);
    Files.createDirectories(unfinished.resolveSibling("."));
    Files.write(unfinished, bytes);
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes a record; without one nothing happens. */
  static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }
}
