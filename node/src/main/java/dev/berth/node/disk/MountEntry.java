package dev.berth.node.disk;

import dev.berth.node.linux.DeviceNumber;
import java.util.List;
import java.util.OptionalInt;

/**
 * One mount, as a line of mountinfo tells it (proc(5)).
 *
 * @param root which directory of its file system is mounted here: "/" for the whole, something
 *     longer for a bind mount of a part
 * @param options of this mount ("ro", "nosuid", …)
 * @param sharedGroup the peer group that it sends mounts to and receives them from
 * @param masterGroup the peer group that it only receives mounts from
 * @param source what was mounted, as it was given: often but not always a device's path
 * @param superOptions of the file system
 */
public record MountEntry(
    long id,
    long parentId,
    DeviceNumber device,
    String root,
    String target,
    List<String> options,
    OptionalInt sharedGroup,
    OptionalInt masterGroup,
    boolean unbindable,
    String type,
    String source,
    List<String> superOptions) {

  private static final String DELETED = "//deleted";

  public MountEntry {
    options = List.copyOf(options);
    superOptions = List.copyOf(superOptions);
  }

  /**
   * Whether nothing can be written through this mount: either it or its file system is read-only.
   */
  public boolean readOnly() {
    return options.contains("ro") || superOptions.contains("ro");
  }

  /** Whether the directory or file that is bound here has been removed from its file system. */
  public boolean rootDeleted() {
    return root.endsWith(DELETED);
  }

  /**
   * Whether this mount shows only a part of its file system: a bind mount of a directory or file.
   */
  public boolean partial() {
    return !root.equals("/");
  }
}
