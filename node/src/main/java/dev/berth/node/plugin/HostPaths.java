package dev.berth.node.plugin;

import dev.berth.node.linux.Errno;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * hostPath: a file or directory of the host as it is. Nothing is mounted, unmounted or removed;
 * what the pod asks to be made is made.
 */
public final class HostPaths implements VolumePlugin {
  public static final String NAME = "kubernetes.io/host-path";

  private final Syscalls syscalls;
  private final VolumePaths paths;

  public HostPaths(Syscalls syscalls, VolumePaths paths) {
    this.syscalls = syscalls;
    this.paths = paths;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean staged() {
    return false;
  }

  @Override
  public Attempt stage(VolumeSource source) {
    throw new IllegalStateException("a hostPath volume is not prepared for the node: " + source);
  }

  @Override
  public Attempt unstage(StagedVolume volume) {
    throw new IllegalStateException("a hostPath volume is not prepared for the node: " + volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException {
    var source = source(volume);
    make(source);
    var problem = check(source);
    if (problem.isPresent()) {
      return Attempt.failed(problem.get());
    }
    SyncedJson.write(paths.podRecord(volume.published()), volume.published());
    return Attempt.DONE;
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException {
    SyncedJson.delete(paths.podRecord(volume));
    return Attempt.DONE;
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException {
    return check(source(volume));
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return source(volume).path();
  }

  private static void make(VolumeSource.HostPath source) throws IOException {
    var path = source.path();
    if (Files.exists(path)) {
      return;
    }
    switch (source.type()) {
      case DIRECTORY_OR_CREATE -> {
        Files.createDirectories(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      case FILE_OR_CREATE -> {
        Files.createFile(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
      }
      case ANY, DIRECTORY, FILE, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE -> {}
    }
  }

  private Optional<Problem> check(VolumeSource.HostPath source) throws IOException {
    FileType found;
    try {
      found = syscalls.status(source.path(), true).type();
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.of(
            Problem.mount(
                "hostPath %s does not exist on this node; create it or use type %s"
                    .formatted(source.path(), HostPathType.DIRECTORY_OR_CREATE.text())));
      }
      throw e;
    }
    var expected =
        switch (source.type()) {
          case ANY -> found;
          case DIRECTORY, DIRECTORY_OR_CREATE -> FileType.DIRECTORY;
          case FILE, FILE_OR_CREATE -> FileType.REGULAR;
          case SOCKET -> FileType.SOCKET;
          case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
        };
    return found == expected
        ? Optional.empty()
        : Optional.of(
            Problem.mount(
                "hostPath %s of type %s: expected a %s, found a %s"
                    .formatted(source.path(), source.type().text(), text(expected), text(found))));
  }

  private static String text(FileType type) {
    return type.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  private static VolumeSource.HostPath source(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.HostPath source) {
      return source;
    }
    throw new IllegalArgumentException("not a hostPath volume: " + volume);
  }
}
