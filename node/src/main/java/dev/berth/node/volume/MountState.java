package dev.berth.node.volume;

import dev.berth.node.plugin.Problem;

/** What is known about a volume's being there, for the node or for one pod. */
sealed interface MountState {

  /** It is there. */
  record Mounted() implements MountState {}

  /**
   * It may be there or not: it was found at the start and not yet examined, or an operation on it
   * ended without an answer. It has to be taken away when nobody wants it, and to be examined
   * before anybody gets it.
   */
  record Uncertain(Problem why) implements MountState {}

  MountState MOUNTED = new Mounted();
}
