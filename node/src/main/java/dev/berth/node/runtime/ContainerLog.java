package dev.berth.node.runtime;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The log files of one container.
 *
 * <p>conmon writes to one file and, when that has reached its size, replaces it by a new one under
 * the same name; what was in it would be gone. So each file has a second name, a hard link with a
 * rising number: {@code 0.log}, and {@code 0.log.1}, {@code 0.log.2}, … of which the last is {@code
 * 0.log} itself. {@link #keep} gives the present file its number and forgets the oldest ones. It
 * must run more often than a file fills; while no server runs, at most one older file is kept, and
 * the size stays bounded.
 */
final class ContainerLog {
  private final Path file;
  private final int files;

  /**
   * @param file the one that conmon writes to
   * @param files how many are kept, the one being written included
   */
  ContainerLog(Path file, int files) {
    this.file = file;
    this.files = files;
  }

  /**
   * A file of the log.
   *
   * @param key tells it from every other file, whatever it is called
   */
  record Part(Path path, Object key) {}

  /** Numbers the present file if it has no number yet, and removes what is too old. */
  synchronized void keep() throws IOException {
    var current = part(file);
    if (current.isEmpty()) {
      return;
    }
    var numbered = numbered();
    var last = numbered.isEmpty() ? null : numbered.getLast();
    if (last == null || !last.key().equals(current.get().key())) {
      var number = last == null ? 1 : number(last.path()) + 1;
      try {
        Files.createLink(file.resolveSibling(file.getFileName() + "." + number), file);
      } catch (NoSuchFileException | FileAlreadyExistsException e) {
        // conmon replaces it at this moment: the next time.
        return;
      }
      numbered = numbered();
    }
    for (var old : numbered.subList(0, Math.max(0, numbered.size() - files))) {
      Files.deleteIfExists(old.path());
    }
  }

  /** The log's files, the oldest first. */
  List<Part> parts() throws IOException {
    var parts = numbered();
    while (true) {
      var current = part(file);
      // A directory is not listed in one moment: a listing may have the younger of two new files.
      var again = numbered();
      if (again.equals(parts)) {
        if (current.isPresent()
            && again.stream().noneMatch(part -> part.key().equals(current.get().key()))) {
          again.add(current.get());
        }
        return again;
      }
      parts = again;
    }
  }

  /** Whether this is the file that is being written. */
  boolean current(Part part) throws IOException {
    return part(file).filter(current -> current.key().equals(part.key())).isPresent();
  }

  /** Whether its name still leads to this file. */
  boolean isStill(Part part) throws IOException {
    return part(part.path()).filter(part::equals).isPresent();
  }

  /** The file by the name that it has now; empty when it is gone. */
  Optional<Part> named(Part part) throws IOException {
    return parts().stream().filter(now -> now.key().equals(part.key())).findFirst();
  }

  /** Removes all files, and the directories that were made for them when nothing else is there. */
  void remove(Path upTo) throws IOException {
    for (var part : parts()) {
      Files.deleteIfExists(part.path());
    }
    Files.deleteIfExists(file);
    for (var at = file.getParent();
        at != null && at.startsWith(upTo) && empty(at);
        at = at.getParent()) {
      Files.deleteIfExists(at);
    }
  }

  private static boolean empty(Path directory) throws IOException {
    try (var entries = Files.newDirectoryStream(directory)) {
      return !entries.iterator().hasNext();
    } catch (NoSuchFileException e) {
      return true;
    }
  }

  private List<Part> numbered() throws IOException {
    var parts = new ArrayList<Part>();
    try (var siblings =
        Files.newDirectoryStream(file.getParent(), file.getFileName() + ".[0-9]*")) {
      for (var sibling : siblings) {
        part(sibling).ifPresent(parts::add);
      }
    } catch (NoSuchFileException e) {
      return List.of();
    }
    parts.sort(Comparator.comparingLong(part -> number(part.path())));
    return parts;
  }

  private static long number(Path path) {
    var name = path.getFileName().toString();
    return Long.parseLong(name.substring(name.lastIndexOf('.') + 1));
  }

  private static Optional<Part> part(Path path) throws IOException {
    try {
      var key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
      return Optional.of(new Part(path, Objects.requireNonNull(key)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
