package dev.berth.core.node;

import java.io.IOException;
import java.util.Optional;

/**
 * Tells which disks nodes have, for the person who has to choose one for a volume, and what is left
 * on them that nobody owns. Looks at the devices themselves, so that it may wait for ill ones: not
 * for event loops.
 */
public interface NodeDisks {

  /**
   * Every block device of a node, and every orphan.
   *
   * @return empty when this process does not host the node
   * @throws IOException when the node's host cannot be read
   */
  Optional<NodeStorage> of(String node) throws IOException, InterruptedException;
}
