package dev.berth.node.disk;

import java.nio.file.Path;

/** What a path turned out to be. */
public sealed interface DeviceLookup {

  record Found(BlockDevice device) implements DeviceLookup {}

  /** Nothing is there, or a link leads nowhere. */
  record Missing(Path path, String reason) implements DeviceLookup {}

  /** Something else is there: a directory (perhaps a directory volume), a file. */
  record NotBlockDevice(Path path, boolean directory, String reason) implements DeviceLookup {}
}
