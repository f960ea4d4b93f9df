package dev.berth.node.runtime;

import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The private root file system of a container: an image below, what the container writes above, as
 * an overlay.
 *
 * <p>What a container must not see of the image is hidden in the upper layer, before it is mounted:
 * a directory by an empty one that is marked opaque, a file by an empty file. So nothing that a
 * container can do (unmounting, for example) brings it to light. An overlay shows one file system
 * only: whatever the host has mounted somewhere below is not visible in it.
 */
final class OverlayRoot {
  /** Directories of a host that begin empty in every container. */
  private static final List<Hidden> HOST_FRESH =
      List.of(
          new Hidden(Path.of("/tmp"), 01777),
          new Hidden(Path.of("/var/tmp"), 01777),
          new Hidden(Path.of("/run"), 0755),
          new Hidden(Path.of("/root"), 0700),
          new Hidden(Path.of("/home"), 0755));

  /** Secrets of a host, and what other node agents keep. */
  private static final List<Path> HOST_SECRETS =
      List.of(
          Path.of("/etc/shadow"),
          Path.of("/etc/shadow-"),
          Path.of("/etc/gshadow"),
          Path.of("/etc/gshadow-"),
          Path.of("/etc/ssh"),
          Path.of("/etc/ssl/private"),
          Path.of("/etc/krb5.keytab"),
          Path.of("/etc/kubernetes"),
          Path.of("/var/lib/berth"),
          Path.of("/var/lib/kubelet"),
          Path.of("/var/lib/etcd"),
          Path.of("/var/lib/containerd"),
          Path.of("/var/lib/containers"),
          Path.of("/var/lib/docker"));

  private static final String OPAQUE = "trusted.overlay.opaque";
  private static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);

  private final Syscalls syscalls;
  private final HiddenPaths hidden;

  /**
   * A path that begins empty, with the mode that it then has.
   *
   * @param mode -1 for the one that it has in the image
   */
  private record Hidden(Path path, int mode) {}

  /** Knows what must not be seen; asked at every start, because mounts come and go. */
  interface HiddenPaths {
    /** All paths under which the hidden files can be reached through the host's file systems. */
    Set<Path> now() throws IOException;
  }

  OverlayRoot(Syscalls syscalls, HiddenPaths hidden) {
    this.syscalls = syscalls;
    this.hidden = hidden;
  }

  /**
   * Makes the layers and mounts them at {@code paths.rootfs()}.
   *
   * @throws IOException when the file system of the node's root cannot hold an overlay's layers, or
   *     the image lies inside of what must be hidden
   */
  void mount(ContainerPaths paths, RootImage image) throws IOException {
    for (var directory : List.of(paths.upper(), paths.work(), paths.rootfs())) {
      Files.createDirectories(directory);
    }
    setMode(paths.upper(), 0755);
    for (var secret : hiddenIn(image)) {
      hide(image.directory(), paths.upper(), secret);
    }
    if (image.host()) {
      // Debian's /var/lock points here, and init makes it at boot.
      setMode(Files.createDirectory(paths.upper().resolve("run/lock")), 01777);
    }
    syscalls.mountOverlay(
        paths.rootfs(),
        "lowerdir=%s,upperdir=%s,workdir=%s"
            .formatted(
                escaped(image.directory(), true),
                escaped(paths.upper(), false),
                escaped(paths.work(), false)));
  }

  private List<Hidden> hiddenIn(RootImage image) throws IOException {
    var all = new ArrayList<Hidden>();
    var secrets = new LinkedHashSet<>(hidden.now());
    if (image.host()) {
      all.addAll(HOST_FRESH);
      HOST_FRESH.forEach(fresh -> linkTarget(fresh.path()).ifPresent(secrets::add));
      secrets.addAll(HOST_SECRETS);
      HOST_SECRETS.forEach(secret -> linkTarget(secret).ifPresent(secrets::add));
    }
    for (var secret : secrets) {
      if (image.directory().startsWith(secret)
          && image.directory().getNameCount() > 0
          && !inRuntime(image)) {
        throw new IOException(
            "image %s lies in %s, which no container may see".formatted(image.directory(), secret));
      }
      if (secret.startsWith(image.directory())) {
        all.add(new Hidden(secret, -1));
      }
    }
    // The parent of a hidden directory may itself be hidden: parents first, then the rest is moot.
    all.sort((a, b) -> Integer.compare(a.path().getNameCount(), b.path().getNameCount()));
    return all;
  }

  /** Where a path really leads, when links are on the way. */
  static Optional<Path> linkTarget(Path path) {
    try {
      return Optional.of(path.toRealPath()).filter(real -> !real.equals(path));
    } catch (IOException e) {
      // Not there: nothing to hide.
      return Optional.empty();
    }
  }

  /** Unpacked archives lie in the node's root, which is hidden, and are images all the same. */
  private static boolean inRuntime(RootImage image) {
    return image.id().startsWith(RootImages.UNPACKED);
  }

  private void hide(Path image, Path upper, Hidden secret) throws IOException {
    var relative = image.relativize(secret.path());
    var below = image.resolve(relative);
    if (secret.mode() < 0 && !Files.exists(below, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!parents(image, upper, relative)) {
      return;
    }
    var above = upper.resolve(relative);
    if (Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS) || secret.mode() >= 0) {
      Files.createDirectory(above);
      if (secret.mode() >= 0) {
        setMode(above, secret.mode());
      } else {
        copyOwnerAndMode(below, above);
      }
      try (var fd = syscalls.open(above, Set.of(OpenFlag.DIRECTORY, OpenFlag.NO_FOLLOW), 0)) {
        syscalls.setXattr(fd, OPAQUE, YES);
      }
    } else {
      Files.createFile(above);
      copyOwnerAndMode(below, above);
    }
  }

  /**
   * Makes the directories above a hidden path, looking like those of the image.
   *
   * @return whether there is something to hide: not when a parent is hidden or a link
   */
  private boolean parents(Path image, Path upper, Path relative) throws IOException {
    var count = relative.getNameCount();
    for (var i = 1; i < count; i++) {
      var part = relative.subpath(0, i);
      var below = image.resolve(part);
      if (!Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      var above = upper.resolve(part);
      try {
        Files.createDirectory(above);
        copyOwnerAndMode(below, above);
      } catch (FileAlreadyExistsException e) {
        try (var fd = syscalls.open(above, Set.of(OpenFlag.DIRECTORY, OpenFlag.NO_FOLLOW), 0)) {
          if (syscalls.xattr(fd, OPAQUE).isPresent()) {
            return false;
          }
        }
      }
    }
    return !Files.exists(upper.resolve(relative), LinkOption.NOFOLLOW_LINKS);
  }

  private static void copyOwnerAndMode(Path from, Path to) throws IOException {
    var attributes = Files.readAttributes(from, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(to, "unix:uid", attributes.get("uid"));
    Files.setAttribute(to, "unix:gid", attributes.get("gid"));
    setMode(to, (int) Objects.requireNonNull(attributes.get("mode")) & 07777);
  }

  private static void setMode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode);
  }

  /** As overlayfs reads it: a comma ends an option, a colon a lower layer. */
  private static String escaped(Path path, boolean lower) {
    var text = path.toString().replace("\\", "\\\\").replace(",", "\\,");
    return lower ? text.replace(":", "\\:") : text;
  }
}
