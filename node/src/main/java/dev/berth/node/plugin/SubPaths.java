package dev.berth.node.plugin;

import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.FileName;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.Propagation;
import dev.berth.node.linux.Resolve;
import dev.berth.node.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Parts of volumes for containers (subPath). The kernel walks to the part from the volume's root
 * without ever leaving the volume, whatever links it meets on its way, and the part is bound by its
 * open file, so that nothing that a container does to the volume meanwhile can lead elsewhere. What
 * is missing is made without following any link.
 */
public final class SubPaths {
  private static final int RIGHTS = 0777;
  private static final int MOST_ATTEMPTS = 100;

  private final MountTools tools;
  private final VolumePaths paths;

  public SubPaths(MountTools tools, VolumePaths paths) {
    this.tools = tools;
    this.paths = paths;
  }

  /** Where a part was made visible, or why it could not be. */
  public sealed interface Result {
    record Ready(Path path) implements Result {}

    record Refused(Problem problem) implements Result {}
  }

  /**
   * Makes a part of a volume visible for one mount of one container, which must not run.
   *
   * @param volumeRoot where the pod sees the volume
   * @param subPath relative; missing directories are made, with the rights of the volume's root
   * @param index of the mount in the container
   */
  public Result prepare(
      String podUid,
      String volumeName,
      Path volumeRoot,
      String subPath,
      String container,
      int index)
      throws IOException, InterruptedException {
    var target = paths.podSubPath(podUid, volumeName, container, index);
    takeAway(target);
    var unwell = tools.guard().unwell(volumeRoot);
    if (unwell.isPresent()) {
      return new Result.Refused(
          Problem.mount(
              "subPath %s of volume %s: %s".formatted(subPath, volumeName, unwell.get())));
    }
    try (var part = walk(volumeRoot, subPath)) {
      var directory = tools.syscalls().status(part).type() == FileType.DIRECTORY;
      makeTarget(target, directory);
      tools.syscalls().bindMount(part, target, false);
      return new Result.Ready(target);
    } catch (SyscallException e) {
      return refused(volumeName, subPath, e);
    }
  }

  /**
   * Makes mounts below a path known to those to whom it is shown. What belongs to a pod is made so;
   * how the host's own mounts behave is for the host to say.
   *
   * @return why that cannot be
   */
  public Optional<Problem> share(Path path, boolean bothWays) throws IOException {
    var table = tools.table().read();
    if (path.startsWith(paths.pods())) {
      if (table.at(path).isEmpty()) {
        tools.syscalls().bindMount(path, path, false);
      }
      tools.syscalls().setPropagation(path, Propagation.SHARED, false);
      return Optional.empty();
    }
    var mount = table.containing(path);
    var shared =
        mount.isPresent()
            && (mount.get().sharedGroup().isPresent()
                || (!bothWays && mount.get().masterGroup().isPresent()));
    return shared
        ? Optional.empty()
        : Optional.of(
            Problem.mount(
                "%s is on the mount %s, which is not shared: mounts made later would not be seen."
                        .formatted(path, mount.map(MountEntry::target).orElse("?"))
                    + " Share it (mount --make-rshared %s), or ask for no mountPropagation"
                        .formatted(mount.map(MountEntry::target).orElse("/"))));
  }

  private static Result refused(String volumeName, String subPath, SyscallException e)
      throws SyscallException {
    var why =
        switch (e.errno()) {
          case ELOOP, EXDEV ->
              Optional.of("it leads out of the volume, or through a link to what is not there");
          case EAGAIN -> Optional.of("directories on its way are being renamed all the time");
          case ENOTDIR -> Optional.of("a part of it is not a directory");
          case ENOENT -> Optional.of("a directory on its way was removed meanwhile");
          case EROFS -> Optional.of("it does not exist and the volume is read-only");
          default -> Optional.<String>empty();
        };
    if (why.isEmpty()) {
      throw e;
    }
    return new Result.Refused(
        Problem.mount("subPath %s of volume %s: %s".formatted(subPath, volumeName, why.get())));
  }

  private Fd walk(Path root, String subPath) throws IOException {
    var syscalls = tools.syscalls();
    var path = Path.of(subPath).normalize();
    var at = syscalls.open(root, Set.of(OpenFlag.DIRECTORY), 0);
    if (path.toString().isEmpty()) {
      return at;
    }
    try (var volume = at) {
      var present = present(volume, FileName.of(path.toString()));
      if (present.isPresent()) {
        return present.get();
      }
    }
    at = syscalls.open(root, Set.of(OpenFlag.DIRECTORY), 0);
    var rights = syscalls.status(at).permissions() & RIGHTS;
    for (var name : path) {
      try (var parent = at) {
        at = step(parent, FileName.of(name.toString()), rights);
      }
    }
    return at;
  }

  /** The part, when all of it is there. */
  private Optional<Fd> present(Fd volume, FileName path) throws SyscallException {
    for (var attempt = 1; ; attempt++) {
      try {
        return Optional.of(
            tools
                .syscalls()
                .openBeneath(volume, path, Set.of(OpenFlag.PATH), 0, Resolve.BENEATH_WITH_LINKS));
      } catch (SyscallException e) {
        if (e.errno() == Errno.ENOENT) {
          return Optional.empty();
        }
        // Somebody renames directories meanwhile: the kernel could not be sure.
        if (e.errno() != Errno.EAGAIN || attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private Fd step(Fd parent, FileName name, int rights) throws SyscallException {
    var syscalls = tools.syscalls();
    try {
      return enter(parent, name);
    } catch (SyscallException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    try {
      // In one step: nobody comes back to one that was left with fewer rights by a crash.
      syscalls.mkdirAt(parent, name, rights);
    } catch (SyscallException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    return enter(parent, name);
  }

  private Fd enter(Fd parent, FileName name) throws SyscallException {
    return tools
        .syscalls()
        .openBeneath(parent, name, Set.of(OpenFlag.PATH), 0, Resolve.BENEATH_WITHOUT_LINKS);
  }

  private static void makeTarget(Path target, boolean directory) throws IOException {
    if (directory) {
      Files.createDirectories(target);
      return;
    }
    var parent = target.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (!Files.exists(target)) {
      Files.createFile(target);
    }
  }

  private void takeAway(Path target) throws IOException {
    for (var _ : tools.table().read().allAt(target)) {
      tools.syscalls().unmountBind(target, false);
    }
    Files.deleteIfExists(target);
  }

  /** Takes away all parts of a volume that a pod's containers had. */
  public Optional<Problem> release(String podUid, String volumeName) throws IOException {
    var directory = paths.podSubPaths(podUid).resolve(volumeName);
    for (var mount : tools.table().read().below(directory)) {
      var target = Path.of(mount.target());
      try {
        tools.syscalls().unmountBind(target, false);
      } catch (SyscallException e) {
        return Optional.of(
            Problem.unmount(
                "%s cannot be unmounted: %s; end the processes that use it (fuser -vm %s)"
                    .formatted(target, e.errno().meaning(), target)));
      }
    }
    return switch (tools.removal().removeTree(directory, SafeRemoval.Immutable.CLEAR)) {
      case SafeRemoval.Result.Removed _ -> Optional.empty();
      case SafeRemoval.Result.StoppedAtMount(_, var message) ->
          Optional.of(Problem.unmount(message));
      case SafeRemoval.Result.Failed(_, var message) -> Optional.of(Problem.unmount(message));
    };
  }
}
