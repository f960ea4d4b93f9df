package dev.berth.node.plugin;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/**
 * Small records as JSON files on the node's own disk: whole or not there at all, and synced before
 * a call returns.
 */
public final class SyncedJson {
  private static final String UNFINISHED = ".new";

  private SyncedJson() {}

  /** Writes a record over an older one; one with the same content is left as it is. */
  public static void write(Path file, Object record) throws IOException {
    var bytes = Json.write(Json.tree(record));
    if (Files.exists(file) && java.util.Arrays.equals(Files.readAllBytes(file), bytes)) {
      return;
    }
    var directory = parent(file);
    Files.createDirectories(directory);
    var unfinished = directory.resolve("." + file.getFileName() + UNFINISHED);
    try (var channel =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    sync(directory);
  }

  /**
   * Reads a record, empty when there is none.
   *
   * @throws IOException when it cannot be read or is not a record of this type; the message names
   *     the file
   */
  public static <T> Optional<T> read(Path file, Class<T> type) throws IOException {
    try {
      return Optional.ofNullable(Json.view(Files.readAllBytes(file), type));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException e) {
      throw new IOException(
          file + " is not a readable " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
    }
  }

  /** Removes a record; without one nothing happens. */
  public static void delete(Path file) throws IOException {
    if (Files.deleteIfExists(file)) {
      sync(parent(file));
    }
  }

  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path parent(Path file) {
    var parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("a record needs a directory: " + file);
    }
    return parent;
  }
}
