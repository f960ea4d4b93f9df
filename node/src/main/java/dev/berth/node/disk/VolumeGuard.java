package dev.berth.node.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * Tells a volume's directory from a directory of the root disk (principle: a directory is not a
 * disk). The directory must be a mount point and carries the volume's uid in an extended attribute.
 */
public interface VolumeGuard {

  /** The extended attribute that names the volume a directory belongs to. */
  String ATTRIBUTE = "trusted.berth.uid";

  /** What a directory turned out to be for a volume. */
  sealed interface Finding {
    /** It is the volume's own, marked earlier. */
    record Own(MountEntry mount) implements Finding {}

    /** Mounted, and not yet marked for any volume. */
    record Unmarked(MountEntry mount) implements Finding {}

    /** Marked for another volume. */
    record Foreign(String owner, String message) implements Finding {}

    /** It is there but nothing is mounted on it: the disk is gone. */
    record NotMounted(String message) implements Finding {}

    /** It is not there, or is no directory. */
    record Missing(String message) implements Finding {}

    /** Its file system does not answer or failed. */
    record Unknown(String message) implements Finding {}
  }

  /**
   * Looks at a directory.
   *
   * @param plainAllowed whether the configuration allows directories that are no mount points; then
   *     the mount told is the one that contains the directory
   */
  Finding look(Path directory, UUID volume, boolean plainAllowed)
      throws IOException, InterruptedException;

  /**
   * Looks at a directory with a child, before this process goes there.
   *
   * @return why it must not: the file system there does not answer, or failed
   */
  Optional<String> unwell(Path directory) throws InterruptedException;

  /** Marks a directory for a volume, synced; only after {@link Finding.Unmarked}. */
  void mark(Path directory, UUID volume) throws IOException;

  /** Removes the mark, when the volume is gone. */
  void unmark(Path directory) throws IOException;

  /**
   * Makes an empty directory on which something is to be mounted, immutable so that nothing can be
   * written there while the mount is missing; an existing one is only given the flag, and only
   * where it is empty and nothing is mounted on it.
   */
  void protectMountPoint(Path directory) throws IOException;

  /** Clears the flag and removes a bare mount point; fails when it is not empty or mounted on. */
  void removeMountPoint(Path directory) throws IOException;
}
