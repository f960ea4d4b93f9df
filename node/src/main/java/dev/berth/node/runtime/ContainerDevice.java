package dev.berth.node.runtime;

import java.nio.file.Path;

/**
 * A block or character device of the host that a container may use.
 *
 * @param hostPath a device file, or a symbolic link to one
 * @param containerPath where its device file appears in the container
 */
public record ContainerDevice(Path hostPath, String containerPath, boolean readOnly) {}
