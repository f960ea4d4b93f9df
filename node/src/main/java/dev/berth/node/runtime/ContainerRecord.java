package dev.berth.node.runtime;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered about a container, so that another process of the server finds it again.
 *
 * @param imageId what the image's name stood for when it was started
 * @param grace how long it may take to stop
 * @param hostPid whether its processes do not end with its first one
 * @param bootId of the boot of the host in which it was started: process numbers of another boot
 *     mean nothing
 * @param process its first process; null while it is being made
 * @param exit null until it has ended
 */
record ContainerRecord(
    ContainerId id,
    PodRef pod,
    String image,
    String imageId,
    TerminationMessage terminationMessage,
    Duration grace,
    boolean hostPid,
    String bootId,
    Instant createdAt,
    @Nullable ProcessIdentity process,
    @Nullable Instant startedAt,
    ContainerState.@Nullable Exited exit) {

  ContainerState state() {
    if (exit != null) {
      return exit;
    }
    if (process == null || startedAt == null) {
      return new ContainerState.Created();
    }
    return new ContainerState.Running(process.pid(), startedAt);
  }

  ContainerRecord running(ProcessIdentity process, Instant startedAt) {
    return new ContainerRecord(
        id,
        pod,
        image,
        imageId,
        terminationMessage,
        grace,
        hostPid,
        bootId,
        createdAt,
        process,
        startedAt,
        null);
  }

  ContainerRecord exited(ContainerState.Exited exit) {
    return new ContainerRecord(
        id,
        pod,
        image,
        imageId,
        terminationMessage,
        grace,
        hostPid,
        bootId,
        createdAt,
        process,
        startedAt,
        exit);
  }
}
