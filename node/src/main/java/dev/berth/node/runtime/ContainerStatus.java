package dev.berth.node.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * A container that the runtime knows.
 *
 * @param image as the pod named it
 * @param imageId what that turned out to be, for status.imageID
 * @param containerId for status.containerID: {@code oci://} and a unique name
 * @param grace how long it may take to stop
 * @param logPath its log in the CRI format; older parts lie beside it
 */
public record ContainerStatus(
    ContainerId id,
    PodRef pod,
    String image,
    String imageId,
    String containerId,
    Duration grace,
    Path logPath,
    Instant createdAt,
    ContainerState state) {}
