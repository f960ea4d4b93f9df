package dev.berth.node.runtime;

import java.nio.file.Path;

/**
 * A file or directory of the host shown in a container, with everything mounted below it.
 *
 * @param hostPath must exist when the container is started
 * @param containerPath absolute; made when it does not exist
 * @param allReadOnly whether what is mounted below is read-only, too
 */
public record ContainerMount(
    Path hostPath,
    String containerPath,
    boolean readOnly,
    Propagation propagation,
    boolean allReadOnly) {

  /** Whether mounts made later on one side appear on the other. */
  public enum Propagation {
    /** Neither way. */
    NONE,
    /** What the host mounts below the path appears in the container. */
    HOST_TO_CONTAINER,
    /** Both ways; only for privileged containers. */
    BIDIRECTIONAL
  }

  public ContainerMount {
    if (!hostPath.isAbsolute() || !containerPath.startsWith("/")) {
      throw new IllegalArgumentException(
          "a mount needs absolute paths: " + hostPath + " at " + containerPath);
    }
  }

  public ContainerMount(
      Path hostPath, String containerPath, boolean readOnly, Propagation propagation) {
    this(hostPath, containerPath, readOnly, propagation, false);
  }

  public ContainerMount(Path hostPath, String containerPath) {
    this(hostPath, containerPath, false, Propagation.NONE);
  }
}
