package dev.berth.node.plugin;

import dev.berth.node.disk.SafeRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A directory whose files all change at once: what a reader sees through {@code ..data} is one set,
 * old or new, never a mixture. The steps, each repaired by whoever comes next:
 *
 * <ol>
 *   <li>The new set is written into a directory of its own, named for the time.
 *   <li>A new link to it is renamed over {@code ..data}. This is the change.
 *   <li>Links through {@code ..data} are made and removed, so that they name exactly the set.
 *   <li>Directories that {@code ..data} does not lead to are removed.
 * </ol>
 */
final class AtomicFiles {
  private static final String DATA = "..data";
  private static final String NEW_DATA = "..data_tmp";
  private static final int DIRECTORY_MODE = 0755;
  private static final int GROUP_READS = 0440;
  private static final int GROUP_ENTERS = 02550;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("..uuuu_MM_dd_HH_mm_ss.nnnnnnnnn").withZone(ZoneOffset.UTC);

  private final SafeRemoval removal;
  private final InstantSource clock;

  AtomicFiles(SafeRemoval removal, InstantSource clock) {
    this.removal = removal;
    this.clock = clock;
  }

  /** Whether a set was ever completed in the directory. */
  static boolean present(Path directory) {
    return Files.isDirectory(directory.resolve(DATA));
  }

  /**
   * Makes the directory, which exists, show exactly these files.
   *
   * @param group that may read them, too
   */
  void show(Path directory, FileSet files, Optional<FsGroup> group) throws IOException {
    if (!shows(directory, files, group)) {
      var fresh = directory.resolve(NAME.format(clock.instant()));
      remove(fresh);
      write(fresh, files, group);
      var link = directory.resolve(NEW_DATA);
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(name(fresh)));
      Files.move(
          link,
          directory.resolve(DATA),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    var names = new HashSet<String>();
    for (var path : files.files().keySet()) {
      names.add(name(Path.of(path).getName(0)));
    }
    link(directory, names);
    tidy(directory, names);
  }

  private static boolean shows(Path directory, FileSet files, Optional<FsGroup> group)
      throws IOException {
    var data = directory.resolve(DATA);
    if (!Files.isDirectory(data)) {
      return false;
    }
    var found = new FileSet.Builder();
    try (var paths = Files.walk(data.toRealPath())) {
      for (var path : (Iterable<Path>) paths::iterator) {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          continue;
        }
        if (group.isPresent() && gid(path) != group.get().gid()) {
          return false;
        }
        var mode = (int) Files.getAttribute(path, "unix:mode") & 07777;
        found.add(data.toRealPath().relativize(path).toString(), Files.readAllBytes(path), mode);
      }
    } catch (NoSuchFileException e) {
      return false;
    }
    return found.build().equals(given(files, group));
  }

  /** The files with the permissions that they get on disk. */
  private static FileSet given(FileSet files, Optional<FsGroup> group) {
    var given = new FileSet.Builder();
    files
        .files()
        .forEach(
            (path, entry) ->
                given.add(
                    path,
                    entry.content(),
                    group.isPresent() ? entry.mode() | GROUP_READS : entry.mode()));
    return given.build();
  }

  private static void write(Path fresh, FileSet files, Optional<FsGroup> group) throws IOException {
    directory(fresh, group);
    for (var file : given(files, group).files().entrySet()) {
      var path = fresh.resolve(file.getKey());
      if (!path.normalize().startsWith(fresh)) {
        throw new IOException("a file of a volume leads out of it: " + file.getKey());
      }
      directories(fresh, Path.of(file.getKey()), group);
      Files.write(path, file.getValue().content(), StandardOpenOption.CREATE_NEW);
      own(path, group);
      Files.setAttribute(path, "unix:mode", file.getValue().mode());
    }
  }

  /** Makes the directories on the way to a file. */
  private static void directories(Path root, Path file, Optional<FsGroup> group)
      throws IOException {
    var at = root;
    for (var i = 0; i < file.getNameCount() - 1; i++) {
      at = at.resolve(file.getName(i));
      if (!Files.isDirectory(at)) {
        directory(at, group);
      }
    }
  }

  private static void directory(Path path, Optional<FsGroup> group) throws IOException {
    Files.createDirectory(path);
    own(path, group);
    Files.setAttribute(
        path, "unix:mode", group.isPresent() ? DIRECTORY_MODE | GROUP_ENTERS : DIRECTORY_MODE);
  }

  private static void own(Path path, Optional<FsGroup> group) throws IOException {
    if (group.isPresent()) {
      Files.setAttribute(path, "unix:gid", Math.toIntExact(group.get().gid()));
    }
  }

  private static int gid(Path path) throws IOException {
    return (int) Files.getAttribute(path, "unix:gid");
  }

  private static void link(Path directory, Set<String> names) throws IOException {
    for (var name : names) {
      var link = directory.resolve(name);
      if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(link, Path.of(DATA, name));
      }
    }
  }

  private void tidy(Path directory, Set<String> names) throws IOException {
    var current = name(Files.readSymbolicLink(directory.resolve(DATA)));
    try (var entries = Files.list(directory)) {
      for (var entry : (Iterable<Path>) entries::iterator) {
        var name = name(entry);
        var needed = name.equals(DATA) || name.equals(current) || names.contains(name);
        if (!needed && Files.isSymbolicLink(entry)) {
          Files.delete(entry);
        } else if (!needed) {
          remove(entry);
        }
      }
    }
  }

  private void remove(Path tree) throws IOException {
    switch (removal.removeTree(tree, SafeRemoval.Immutable.STOP)) {
      case SafeRemoval.Result.Removed _ -> {}
      case SafeRemoval.Result.StoppedAtMount(_, var message) -> throw new IOException(message);
      case SafeRemoval.Result.Failed(_, var message) -> throw new IOException(message);
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
