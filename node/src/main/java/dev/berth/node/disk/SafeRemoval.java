package dev.berth.node.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Removes directory trees without ever crossing a mount, a symbolic link or a bind mount of the
 * same file system. A mount that it meets stops it, before or after other files were removed.
 */
public interface SafeRemoval {

  /** What is allowed beyond plain files and directories. */
  enum Immutable {
    /** An immutable file or directory stops the removal. */
    STOP,
    /** Immutable flags are cleared on the way. */
    CLEAR
  }

  /** How a removal ended. */
  sealed interface Result {
    /** All gone. */
    record Removed(long files, long directories) implements Result {}

    /** A mount is in the way; what was not removed is still there. */
    record StoppedAtMount(Path at, String message) implements Result {}

    /** Something else is in the way. */
    record Failed(Path at, String message) implements Result {}
  }

  /** Removes a directory with everything in it. One that is not there is removed already. */
  Result removeTree(Path directory, Immutable immutable) throws IOException;

  /** Removes everything in a directory, which may itself be a mount point, and keeps it. */
  Result removeContents(Path directory, Immutable immutable) throws IOException;
}
