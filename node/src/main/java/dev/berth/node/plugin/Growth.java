package dev.berth.node.plugin;

/** How the growth of a volume that pods use came out. */
public sealed interface Growth {

  /** It is as large as it was to become. */
  record Grown() implements Growth {}

  /**
   * It cannot grow as long as it is mounted as it is: again when it is mounted next.
   *
   * @param why for people
   */
  record Later(String why) implements Growth {}

  /**
   * It could not grow now, or nobody knows whether it did: tried again after a while.
   *
   * @param why for people
   */
  record Failed(String why) implements Growth {}
}
