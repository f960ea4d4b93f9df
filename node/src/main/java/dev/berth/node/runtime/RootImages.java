package dev.berth.node.runtime;

import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the root file system that an image's name stands for. Nothing is pulled from anywhere: a
 * name is {@code host}, the absolute path of a root file system (a directory, or a tar archive,
 * compressed or not), or an alias of one of these. An alias holds for the name as given, without
 * its tag or digest, and without {@code docker.io/library/}.
 *
 * <p>An archive is unpacked once, into {@code ROOT/runtime/images/KEY}, where KEY is made from its
 * path, size and time of change; unpacking happens beside and is renamed when it is complete.
 */
final class RootImages {
  private static final Logger log = LoggerFactory.getLogger(RootImages.class);

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]*(@[A-Za-z0-9:]+)?");

  /** Big archives on slow disks take long; one that no longer moves is given up. */
  private static final Deadline UNPACKING =
      Deadline.byProgress(Duration.ofHours(1), Duration.ofMinutes(2));

  static final String UNPACKED = "tar:";

  private final Path directory;
  private final Map<String, String> aliases;
  private final ChildProcesses children;
  private final SafeRemoval removal;
  private final ReentrantLock unpacking = new ReentrantLock();

  RootImages(OciSettings settings, ChildProcesses children, SafeRemoval removal) {
    this.directory = ContainerPaths.runtime(settings).resolve("images");
    this.aliases = settings.imageAliases();
    this.children = children;
    this.removal = removal;
  }

  /**
   * Finds the root file system for an image.
   *
   * @throws ContainerFailure IMAGE_UNAVAILABLE or IMAGE_NAME_INVALID, with the remedy
   */
  RootImage find(String image) throws ContainerFailure, InterruptedException {
    if (image.startsWith("/")) {
      return at(image, image);
    }
    if (!NAME.matcher(image).matches()) {
      throw new ContainerFailure(
          Reason.IMAGE_NAME_INVALID, "\"%s\" is not the name of an image".formatted(image));
    }
    for (var name : List.of(image, untagged(image), plain(image), plain(untagged(image)))) {
      var target = aliases.get(name);
      if (target != null) {
        return at(image, target);
      }
    }
    if (image.equals("host")) {
      return RootImage.HOST;
    }
    throw new ContainerFailure(
        Reason.IMAGE_UNAVAILABLE,
        ("image \"%s\" is not on this node, and Berth pulls no images: name it in imageAliases in"
                + " the server's configuration (\"%s: host\" for the host's own programs, or the"
                + " path of a directory or tar archive with a root file system)%s")
            .formatted(image, plain(untagged(image)), known()));
  }

  /**
   * Removes unpacked archives that are not in {@code used}, and what was left half unpacked.
   *
   * @param used ids of images that containers still stand on
   */
  void removeUnused(Set<String> used) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (var unpacked = Files.list(directory)) {
      for (var image : unpacked.toList()) {
        if (!used.contains(UNPACKED + image.getFileName())) {
          log.info("removing unpacked image {}", image);
          var result = removal.removeTree(image, SafeRemoval.Immutable.CLEAR);
          if (!(result instanceof SafeRemoval.Result.Removed)) {
            log.warn("could not remove unpacked image {}: {}", image, result);
          }
        }
      }
    }
  }

  private RootImage at(String image, String target) throws ContainerFailure, InterruptedException {
    if (target.equals("host")) {
      return RootImage.HOST;
    }
    var path = Path.of(target).normalize();
    if (!path.isAbsolute()) {
      throw new ContainerFailure(
          Reason.IMAGE_UNAVAILABLE,
          "image \"%s\" is an alias of \"%s\", expected host or an absolute path: correct imageAliases in the server's configuration"
              .formatted(image, target));
    }
    if (Files.isDirectory(path)) {
      return directory(image, path);
    }
    if (Files.isRegularFile(path)) {
      return unpacked(path);
    }
    throw new ContainerFailure(
        Reason.IMAGE_UNAVAILABLE,
        "image \"%s\" should be a root file system at %s, but there is no directory or archive"
            .formatted(image, path));
  }

  private static RootImage directory(String image, Path path) throws ContainerFailure {
    try {
      var real = path.toRealPath();
      if (real.getNameCount() == 0) {
        throw new ContainerFailure(
            Reason.IMAGE_UNAVAILABLE,
            "image \"%s\" is the host's root directory: name it host".formatted(image));
      }
      return new RootImage("dir:" + real, real, false);
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.IMAGE_UNAVAILABLE,
          "image \"%s\" at %s cannot be read: %s".formatted(image, path, e),
          e);
    }
  }

  private RootImage unpacked(Path archive) throws ContainerFailure, InterruptedException {
    try {
      var key = key(archive);
      var target = directory.resolve(key);
      if (!Files.isDirectory(target)) {
        unpacking.lockInterruptibly();
        try {
          if (!Files.isDirectory(target)) {
            unpack(archive, target);
          }
        } finally {
          unpacking.unlock();
        }
      }
      return new RootImage(UNPACKED + key, target, false);
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.IMAGE_UNAVAILABLE, "archive %s cannot be read: %s".formatted(archive, e), e);
    }
  }

  private void unpack(Path archive, Path target)
      throws IOException, ContainerFailure, InterruptedException {
    var beside = target.resolveSibling(target.getFileName() + ".part");
    removal.removeTree(beside, SafeRemoval.Immutable.CLEAR);
    Files.createDirectories(beside);
    var result =
        children.run(
            ChildCommand.of(
                UNPACKING,
                "tar",
                "--extract",
                "--numeric-owner",
                "--same-permissions",
                "--xattrs",
                "--file=" + archive,
                "--directory=" + beside));
    if (result instanceof ChildResult.Exited exited && exited.ok()) {
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
      log.info("unpacked image {} into {}", archive, target);
      return;
    }
    removal.removeTree(beside, SafeRemoval.Immutable.CLEAR);
    throw new ContainerFailure(
        Reason.IMAGE_UNAVAILABLE,
        "archive %s could not be unpacked as a root file system: %s"
            .formatted(archive, Children.failure(result)));
  }

  private static String key(Path archive) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      var identity =
          "%s\n%d\n%s"
              .formatted(
                  archive.toRealPath(),
                  Files.size(archive),
                  Files.getLastModifiedTime(archive).toInstant());
      digest.update(identity.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private String known() {
    return aliases.isEmpty()
        ? ""
        : "; known are " + String.join(", ", new TreeMap<>(aliases).keySet());
  }

  private static String untagged(String image) {
    var name = image.contains("@") ? image.substring(0, image.indexOf('@')) : image;
    var colon = name.lastIndexOf(':');
    return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
  }

  private static String plain(String image) {
    for (var prefix : new String[] {"docker.io/library/", "library/", "docker.io/"}) {
      if (image.startsWith(prefix)) {
        return image.substring(prefix.length());
      }
    }
    return image;
  }
}
