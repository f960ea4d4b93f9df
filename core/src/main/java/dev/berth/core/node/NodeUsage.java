package dev.berth.core.node;

import java.util.List;
import java.util.Optional;

/** Tells how full the volumes of nodes are. May wait for a child process: not for event loops. */
public interface NodeUsage {

  /**
   * Every volume of a claim that a pod of the node has mounted, ordered by pod and volume.
   *
   * @return empty when this process does not host the node
   */
  Optional<List<VolumeUsage>> of(String node) throws InterruptedException;
}
