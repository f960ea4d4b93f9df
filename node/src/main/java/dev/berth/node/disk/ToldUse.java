package dev.berth.node.disk;

import java.io.IOException;

/**
 * The node's word to the world that it uses a volume ({@code volumesInUse}). A volume's disk may be
 * read before the word has landed; nothing is written to it, and it is not mounted, before.
 */
@FunctionalInterface
public interface ToldUse {

  /** It has landed already. */
  ToldUse LANDED = () -> false;

  /**
   * Waits until it has landed.
   *
   * @return whether it had to be waited for: whatever was looked at before may be old by now, the
   *     volume's object as well as its disk
   * @throws IOException when that takes too long
   */
  boolean await() throws IOException, InterruptedException;
}
