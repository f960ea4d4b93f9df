package dev.berth.node.runtime;

import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/**
 * What the parts of the OCI runtime share: the host as they see it.
 *
 * @param bootId of the host's present boot
 * @param rights what can be handed on to containers
 */
record OciHost(
    OciSettings settings,
    Syscalls syscalls,
    ChildProcesses children,
    SafeRemoval removal,
    MountReader mounts,
    ControlGroups groups,
    OverlayRoot overlay,
    RootImages images,
    Clock clock,
    String bootId,
    OwnRights rights) {

  private static final int SIGKILL = 9;

  /** Sends a signal to exactly this process; false when it has ended. */
  boolean signal(ProcessIdentity process, int signal) throws IOException {
    return syscalls.signalExactly(process.pid(), process::alive, signal);
  }

  boolean kill(ProcessIdentity process) throws IOException {
    return signal(process, SIGKILL);
  }

  /** The OCI runtime's command line, for a given one of them. */
  OciCommands commands(OciPrograms programs) {
    return new OciCommands(children, programs.runtime(), ContainerPaths.oci(settings));
  }

  /** Takes the container's root file system away, if it is mounted. */
  void unmountRoot(ContainerPaths paths) throws IOException {
    while (mounts.read().at(paths.rootfs()).isPresent()) {
      syscalls.unmountBind(paths.rootfs(), true);
    }
  }

  /** Removes a directory tree of the runtime's own. */
  void removeTree(Path directory) throws IOException {
    switch (removal.removeTree(directory, SafeRemoval.Immutable.CLEAR)) {
      case SafeRemoval.Result.Removed _ -> {}
      case SafeRemoval.Result.StoppedAtMount stopped -> throw new IOException(stopped.message());
      case SafeRemoval.Result.Failed failed -> throw new IOException(failed.message());
    }
  }
}
