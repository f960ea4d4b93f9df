package dev.berth.node.runtime;

/**
 * Where a container leaves its last words. They come back as {@link ContainerState.Exited#message},
 * at most 4096 bytes.
 *
 * @param path a file in the container, made before it starts
 * @param fallBackToLogs take the end of the log when the container failed and the file is empty
 */
public record TerminationMessage(String path, boolean fallBackToLogs) {

  public static final TerminationMessage DEFAULT =
      new TerminationMessage("/dev/termination-log", false);
}
