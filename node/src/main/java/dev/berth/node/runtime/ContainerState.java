package dev.berth.node.runtime;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Where a container is in its life. It only moves forward. */
public sealed interface ContainerState {

  /** Being made; its process has not begun. {@link ContainerRuntime#start} again goes on. */
  record Created() implements ContainerState {}

  /**
   * Its process runs.
   *
   * @param pid of its first process, as the host numbers it
   */
  record Running(long pid, Instant startedAt) implements ContainerState {}

  /**
   * Ended for good.
   *
   * @param startedAt null when it never ran
   * @param exitCode of its first process; 128 + signal when a signal ended it
   * @param signal that ended it, 0 for none: taken from the exit code, so a program that itself
   *     exits with such a code looks the same
   * @param reason as Kubernetes names it: Completed, Error, OOMKilled, or ContainerStatusUnknown
   *     when nobody saw the end (the host lost power, the container's monitor was killed); the exit
   *     code is then 137
   * @param message the termination message, or an explanation; empty for none
   */
  record Exited(
      @Nullable Instant startedAt,
      Instant finishedAt,
      int exitCode,
      int signal,
      String reason,
      String message)
      implements ContainerState {}
}
