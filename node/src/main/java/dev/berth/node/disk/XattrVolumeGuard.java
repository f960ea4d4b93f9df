package dev.berth.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.FileName;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.Resolve;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Guards by the mount table and an extended attribute. A child looks at the directory first: only
 * when the file system there answers is it touched from this process.
 */
public final class XattrVolumeGuard implements VolumeGuard {
  private static final Set<OpenFlag> DIRECTORY = Set.of(OpenFlag.DIRECTORY);
  private static final int MOUNT_POINT_MODE = 0750;

  private final Syscalls syscalls;
  private final ChildProcesses children;
  private final MountReader mounts;
  private final DiskDeadlines deadlines;

  public XattrVolumeGuard(
      Syscalls syscalls, ChildProcesses children, MountReader mounts, DiskDeadlines deadlines) {
    this.syscalls = syscalls;
    this.children = children;
    this.mounts = mounts;
    this.deadlines = deadlines;
  }

  @Override
  public Finding look(Path directory, UUID volume, boolean plainAllowed)
      throws IOException, InterruptedException {
    var table = mounts.read();
    var mount = table.at(directory);
    var ill = examine(directory);
    if (ill.isPresent()) {
      var message = ill.get().message();
      return ill.get().missing() ? new Finding.Missing(message) : new Finding.Unknown(message);
    }
    if (mount.isEmpty() && !plainAllowed) {
      return new Finding.NotMounted(
          directory
              + " is a directory of "
              + table.containing(directory).map(MountEntry::target).orElse("/")
              + ", not a mount point: the volume's disk is not mounted. Mount it (nothing is"
              + " written to the directory beneath), or set allowPlainDirectories");
    }
    var on = mount.or(() -> table.containing(directory)).orElseThrow();
    try (var open = syscalls.open(directory, DIRECTORY, 0)) {
      if (syscalls.status(open).mountId() != on.id()) {
        return new Finding.Unknown("mounts at " + directory + " changed while it was looked at");
      }
      var owner = syscalls.xattr(open, ATTRIBUTE).map(value -> new String(value, UTF_8));
      return owner.map(uid -> marked(uid, directory, volume, on)).orElse(new Finding.Unmarked(on));
    }
  }

  private static Finding marked(String owner, Path directory, UUID volume, MountEntry on) {
    return owner.equals(volume.toString())
        ? new Finding.Own(on)
        : new Finding.Foreign(
            owner,
            ("%s belongs to the volume with uid %s, expected %s: another disk is mounted there, or"
                    + " the volume was made anew. If its data may be used by this volume:"
                    + " setfattr -x %s %s")
                .formatted(directory, owner, volume, ATTRIBUTE, directory));
  }

  @Override
  public Optional<String> unwell(Path directory) throws InterruptedException {
    return examine(directory).map(Ill::message);
  }

  /** What is wrong with a directory, as far as a child can see it. */
  private record Ill(boolean missing, String message) {}

  private Optional<Ill> examine(Path directory) throws InterruptedException {
    var command =
        ChildCommand.of(deadlines.forProbe(), "stat", "--format=%F", "--", directory.toString());
    return switch (children.run(command)) {
      case ChildResult.Exited exited when !exited.ok() ->
          Optional.of(
              exited.err().contains("No such file or directory")
                  ? new Ill(true, "there is no directory " + directory + " on this node")
                  : new Ill(false, directory + " failed: " + exited.said()));
      case ChildResult.Exited exited ->
          exited.out().strip().equals("directory")
              ? Optional.empty()
              : Optional.of(
                  new Ill(
                      true, "expected a directory at " + directory + ", found a " + exited.said()));
      case ChildResult.Killed _, ChildResult.Abandoned _ ->
          Optional.of(
              new Ill(
                  false,
                  "the file system at "
                      + directory
                      + " does not answer: look at the kernel log (dmesg)"));
      case ChildResult.NotStarted(_, var reason) -> Optional.of(new Ill(false, reason));
    };
  }

  @Override
  public void mark(Path directory, UUID volume) throws IOException {
    try (var open = syscalls.open(directory, DIRECTORY, 0)) {
      syscalls.setXattr(open, ATTRIBUTE, volume.toString().getBytes(UTF_8));
      syscalls.fsync(open);
    }
  }

  @Override
  public void unmark(Path directory) throws IOException {
    try (var open = syscalls.open(directory, DIRECTORY, 0)) {
      syscalls.removeXattr(open, ATTRIBUTE);
      syscalls.fsync(open);
    }
  }

  @Override
  public void protectMountPoint(Path directory) throws IOException {
    try (var parent = parent(directory)) {
      try {
        syscalls.mkdirAt(parent, name(directory), MOUNT_POINT_MODE);
      } catch (SyscallException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
      try (var bare = bare(parent, directory)) {
        if (!syscalls.entries(bare).isEmpty()) {
          throw new IOException(
              directory
                  + " is to be mounted on but is not empty: move away what was written there"
                  + " while nothing was mounted");
        }
        syscalls.setImmutable(bare, true);
      }
    }
  }

  @Override
  public void removeMountPoint(Path directory) throws IOException {
    try (var parent = parent(directory)) {
      try (var bare = bare(parent, directory)) {
        syscalls.setImmutable(bare, false);
      } catch (SyscallException e) {
        if (e.errno() == Errno.ENOENT) {
          return;
        }
        throw e;
      }
      syscalls.unlinkAt(parent, name(directory), true);
    }
  }

  /** The directory itself; a mount on it is refused (EXDEV). */
  private Fd bare(Fd parent, Path directory) throws IOException {
    try {
      return syscalls.openBeneath(parent, name(directory), DIRECTORY, 0, Resolve.STRICT);
    } catch (SyscallException e) {
      if (e.errno() == Errno.EXDEV) {
        throw new IOException("something is mounted at " + directory + ": unmount it first", e);
      }
      throw e;
    }
  }

  private Fd parent(Path directory) throws SyscallException {
    var parent = directory.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("the root directory cannot be a volume's mount point");
    }
    return syscalls.open(parent, DIRECTORY, 0);
  }

  private static FileName name(Path directory) {
    return FileName.of(String.valueOf(directory.getFileName()));
  }
}
