package dev.berth.node.disk;

import java.io.IOException;

/** Reads the present mounts. A fresh read sees every mount that had happened before it. */
@FunctionalInterface
public interface MountReader {
  MountTable read() throws IOException;
}
