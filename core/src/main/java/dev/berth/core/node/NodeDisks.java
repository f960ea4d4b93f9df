package dev.berth.core.node;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Tells which disks nodes have, for the person who has to choose one for a volume. Looks at the
 * devices themselves, so that it may wait for ill ones: not for event loops.
 */
public interface NodeDisks {

  /**
   * Every block device of a node, ordered by name.
   *
   * @return empty when this process does not host the node
   * @throws IOException when the node's host cannot be read
   */
  Optional<List<DiskReport>> of(String node) throws IOException, InterruptedException;
}
