package dev.berth.node.runtime;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where and with what {@link OciRuntime} works.
 *
 * @param node the node's name: containers' control groups are below {@code /berth/NODE}
 * @param root the node's root directory; the runtime keeps {@code root/runtime} and {@code
 *     root/logs}. Containers' own files lie there, so it must be on a file system that can hold an
 *     overlay's upper directory (ext4, xfs, btrfs, tmpfs)
 * @param hidden files and directories that no container may see through an image: the server's data
 *     directory, its configuration
 * @param imageAliases names of images, with or without a tag, and what stands for them: {@code
 *     host}, or the absolute path of a root file system (a directory, or a tar archive of one)
 * @param runtimes names (or absolute paths) of OCI runtimes, the preferred one first
 * @param conmon name (or absolute path) of the monitor
 * @param logs how much of a container's output is kept
 */
public record OciSettings(
    String node,
    Path root,
    List<Path> hidden,
    Map<String, String> imageAliases,
    List<String> runtimes,
    String conmon,
    LogLimits logs) {

  /** What Debian's packages install. */
  public static final List<String> KNOWN_RUNTIMES = List.of("runc", "crun");

  /**
   * How much of a container's output is kept.
   *
   * @param fileBytes size at which a log file is closed and a new one begun
   * @param files how many of them are kept, the one being written included; at least 2
   */
  public record LogLimits(long fileBytes, int files) {
    public static final LogLimits DEFAULT = new LogLimits(10L << 20, 5);

    public LogLimits {
      if (fileBytes < 4096 || files < 2) {
        throw new IllegalArgumentException(
            "log files must be at least 2 of 4096 bytes each, found %d of %d"
                .formatted(files, fileBytes));
      }
    }
  }

  public OciSettings {
    if (!node.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException("not usable as a node name: \"" + node + "\"");
    }
    if (!root.isAbsolute()) {
      throw new IllegalArgumentException("the node's root must be an absolute path: " + root);
    }
    hidden = List.copyOf(hidden);
    imageAliases = Map.copyOf(imageAliases);
    runtimes = List.copyOf(runtimes);
  }

  /** With the usual programs and log limits. */
  public OciSettings(String node, Path root, List<Path> hidden, Map<String, String> imageAliases) {
    this(node, root, hidden, imageAliases, KNOWN_RUNTIMES, "conmon", LogLimits.DEFAULT);
  }
}
