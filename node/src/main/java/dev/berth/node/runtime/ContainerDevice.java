package dev.berth.node.runtime;

import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A block or character device of the host that a container may use.
 *
 * @param hostPath a device file, or a symbolic link to one
 * @param containerPath where its device file appears in the container
 * @param group whose processes may read and write it, too; absent for the rights that it has on the
 *     host
 */
public record ContainerDevice(
    Path hostPath, String containerPath, boolean readOnly, OptionalLong group) {

  /** With the rights that it has on the host. */
  public ContainerDevice(Path hostPath, String containerPath, boolean readOnly) {
    this(hostPath, containerPath, readOnly, OptionalLong.empty());
  }
}
