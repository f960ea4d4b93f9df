package dev.berth.node.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.node.disk.VolumeGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The directories of a node in which images of loop volumes lie. Each bears a mark of its node from
 * its first use on: when the disk of a pool is not mounted, the bare directory is not taken for it.
 */
public final class LoopPools {
  private final String nodeName;
  private final Map<String, Path> directories;
  private final VolumeGuard guard;
  private final VolumePaths paths;

  /**
   * @param directories by the names of the pools
   */
  public LoopPools(
      String nodeName, Map<String, Path> directories, VolumeGuard guard, VolumePaths paths) {
    this.nodeName = nodeName;
    this.directories = Map.copyOf(directories);
    this.guard = guard;
    this.paths = paths;
  }

  /** What became of looking for a pool. */
  public sealed interface Found {
    /**
     * It is there, and its file system answers.
     *
     * @param marked whether it was used before
     */
    record Ready(Path directory, boolean marked) implements Found {}

    /**
     * It cannot be used.
     *
     * @param passing whether that may change without anybody's help
     */
    record Refused(String why, boolean passing) implements Found {}
  }

  /** A pool that was used once. */
  record Known(String name, String directory) {}

  /** The directory of a pool of this node, whatever is there; empty when it has no such pool. */
  public Optional<Path> directory(String name) {
    return Optional.ofNullable(directories.get(name));
  }

  /** Looks for a pool, and marks it when it was never used before. */
  Found find(String name) throws IOException, InterruptedException {
    var found = look(name);
    if (found instanceof Found.Ready(var directory, var marked)) {
      return marked && known(name, directory) ? found : first(name);
    }
    return found;
  }

  /** The first volumes come at once, also to two pools by two names of one directory. */
  private synchronized Found first(String name) throws IOException, InterruptedException {
    var found = look(name);
    if (found instanceof Found.Ready(var directory, var marked)) {
      if (!marked) {
        guard.mark(directory, mark(name));
      }
      SyncedJson.write(file(name), new Known(name, directory.toString()));
    }
    return found;
  }

  /** Looks for a pool, and leaves it as it is. */
  public Found look(String name) throws IOException, InterruptedException {
    var directory = directories.get(name);
    if (directory == null) {
      return new Found.Refused(
          "node %s has no pool \"%s\"; it has %s (setting pools)"
              .formatted(nodeName, name, known()),
          false);
    }
    var mark = mark(name);
    // Before the look: whoever uses a pool first marks it, and remembers it after that.
    var known = known(name, directory);
    return switch (guard.look(directory, mark, true)) {
      case VolumeGuard.Finding.Own _ -> new Found.Ready(directory, true);
      case VolumeGuard.Finding.Unmarked _ ->
          known
              ? new Found.Refused(
                  "%s is not the directory that it was: pool %s of node %s has lost its mark; its disk is"
                          .formatted(directory, name, nodeName)
                      + " not mounted, or another one is",
                  true)
              : new Found.Ready(directory, false);
      case VolumeGuard.Finding.Foreign(var owner, _) ->
          new Found.Refused(
              ("%s belongs to another pool, node or volume (its attribute %s is %s, expected %s): give"
                      + " each pool a directory of its own")
                  .formatted(directory, VolumeGuard.ATTRIBUTE, owner, mark),
              false);
      case VolumeGuard.Finding.NotMounted(var message) -> new Found.Refused(message, true);
      case VolumeGuard.Finding.Missing(var message) ->
          new Found.Refused(
              "pool %s: %s; make it, or mount its disk".formatted(name, message), true);
      case VolumeGuard.Finding.Unknown(var message) ->
          new Found.Refused("pool %s: %s".formatted(name, message), true);
    };
  }

  private String known() {
    return directories.isEmpty() ? "none" : String.join(", ", new TreeSet<>(directories.keySet()));
  }

  /** Why the file system of a pool does not answer; empty when it does. */
  Optional<String> silent(Path directory) throws InterruptedException {
    return guard.unwell(directory);
  }

  private UUID mark(String name) {
    return UUID.nameUUIDFromBytes((nodeName + "/pools/" + name).getBytes(UTF_8));
  }

  private boolean known(String name, Path directory) throws IOException {
    return SyncedJson.read(file(name), Known.class)
        .filter(known -> known.directory().equals(directory.toString()))
        .isPresent();
  }

  private Path file(String name) {
    return paths.remembered(LoopVolumes.NAME, "pools").resolve(name + LocalMemory.FILE);
  }
}
