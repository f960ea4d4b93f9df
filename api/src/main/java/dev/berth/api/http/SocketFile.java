package dev.berth.api.http;

import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The file of a unix socket: made room for, guarded, and removed if it is still ours. */
final class SocketFile {
  /** Of sockaddr_un's sun_path, without the NUL at its end. */
  private static final int LONGEST_PATH = 107;

  private final Path path;
  private @Nullable Object identity;

  private SocketFile(Path path) {
    this.path = path;
  }

  /**
   * Makes the directory, and removes a socket that nobody listens on any more.
   *
   * @throws BindException when somebody does
   */
  static SocketFile prepare(Path path) throws IOException {
    var absolute = path.toAbsolutePath();
    if (absolute.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
      throw new IOException(
          "cannot listen on %s: the path of a unix socket may have at most %d bytes; choose a shorter one"
              .formatted(absolute, LONGEST_PATH));
    }
    var parent = Objects.requireNonNull(absolute.getParent());
    if (!Files.isDirectory(parent)) {
      Files.createDirectories(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      removeStale(absolute);
    }
    return new SocketFile(absolute);
  }

  private static void removeStale(Path path) throws IOException {
    var file = attributes(path);
    if (!file.isOther()) {
      throw new IOException(
          "cannot listen on %s: expected a socket or nothing there, found another kind of file; move it away or choose another path"
              .formatted(path));
    }
    try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException _) {
      Files.delete(path);
      return;
    }
    throw new BindException(
        "cannot listen on %s: address in use, another server answers there; stop it or choose another path"
            .formatted(path));
  }

  Path path() {
    return path;
  }

  /** The socket has been bound: only its owner may connect from now on. */
  void bound() throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    identity = attributes(path).fileKey();
  }

  /** Removes the file unless somebody else has put another in its place. */
  void remove() throws IOException {
    if (identity != null
        && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        && identity.equals(attributes(path).fileKey())) {
      Files.delete(path);
    }
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
