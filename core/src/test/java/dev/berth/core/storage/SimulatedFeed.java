package dev.berth.core.storage;

/**
 * The way of the changes from an {@link InMemoryObjectStore} to one watcher, which a simulation can
 * delay as a slow network does. Delayed changes are not in the watch's buffer: they neither show in
 * its progress nor make it too slow.
 */
public interface SimulatedFeed {

  Scope scope();

  /** Everything in scope up to this revision has arrived at the watch. */
  long position();

  /** How many changes are on their way. */
  int delayed();

  /** Whatever has not arrived stays on its way, until told otherwise. */
  void hold();

  /** Lets the next change arrive, and keeps holding the rest; false when none is on its way. */
  boolean deliverNext();

  /** Lets what happened up to {@code revision} arrive, and keeps holding the rest. */
  void deliverThrough(long revision);

  /** Lets everything arrive, and holds back no more. */
  void release();

  /** Breaks the watch, after what has arrived. */
  void fail(StoreException why);
}
