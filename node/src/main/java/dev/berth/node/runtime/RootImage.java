package dev.berth.node.runtime;

import java.nio.file.Path;

/**
 * A root file system to start containers from; it is only read.
 *
 * @param id for status.imageID
 * @param directory where it lies
 * @param host whether it is the host's own
 */
record RootImage(String id, Path directory, boolean host) {
  static final RootImage HOST = new RootImage("host", Path.of("/"), true);
}
