package dev.berth.node;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One entry of the configuration's {@code nodes}.
 *
 * @param name of its Node object
 * @param root its directory: pods, mounts, records; on a healthy disk of the host
 * @param labels that its Node carries in addition to the usual ones
 * @param pools directories for the images of loop volumes, by name; not below its root, which may
 *     go without them
 * @param allowPlainDirectories whether a local volume may be a directory that is no mount point
 * @param wipeBytesPerSecond how fast each disk of a released volume is wiped, 0 for no limit
 * @param version what its Node says about this program, for example {@code v0.1.0}
 */
public record NodeConfig(
    String name,
    Path root,
    Map<String, String> labels,
    Map<String, Path> pools,
    boolean allowPlainDirectories,
    long wipeBytesPerSecond,
    String version) {

  /** What a node may be called, for a person. */
  public static final String NAME =
      "a node's name: lower case letters, digits, '-' and '.', each part between dots beginning and"
          + " ending with a letter or digit";

  private static final Pattern NAMES =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  public NodeConfig {
    if (!isName(name)) {
      throw new IllegalArgumentException("expected %s, found \"%s\"".formatted(NAME, name));
    }
    if (!root.isAbsolute()) {
      throw new IllegalArgumentException("a node's root must be an absolute path: " + root);
    }
    if (wipeBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "wipeBytesPerSecond must not be negative: " + wipeBytesPerSecond);
    }
    pools.forEach((pool, directory) -> checkPool(pool, directory, root));
    checkDistinct(pools);
    labels = Map.copyOf(labels);
    pools = Map.copyOf(pools);
  }

  /** Whether a node may be called so. */
  public static boolean isName(String name) {
    return NAMES.matcher(name).matches();
  }

  private static void checkPool(String name, Path directory, Path root) {
    if (!name.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException(
          "a pool's name consists of lower case letters, digits and '-', found \"%s\""
              .formatted(name));
    }
    if (!directory.isAbsolute()) {
      throw new IllegalArgumentException(
          "the directory of pool %s must be an absolute path: %s".formatted(name, directory));
    }
    if (directory.normalize().startsWith(root)) {
      throw new IllegalArgumentException(
          "the directory of pool %s must not lie in the node's root %s: %s"
              .formatted(name, root, directory));
    }
  }

  private static void checkDistinct(Map<String, Path> pools) {
    var names = new HashMap<Path, String>();
    new TreeMap<>(pools)
        .forEach(
            (name, directory) -> {
              var other = names.putIfAbsent(directory.normalize(), name);
              if (other != null) {
                throw new IllegalArgumentException(
                    "pools %s and %s have the same directory %s: give each pool a directory of its own"
                        .formatted(other, name, directory));
              }
            });
  }
}
