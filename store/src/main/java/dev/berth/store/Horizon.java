package dev.berth.store;

import dev.berth.core.storage.StoreException;

/** Between which revisions the store can be read. */
final class Horizon {
  private volatile long newest;
  private volatile long durable;
  private volatile long compacted;

  /**
   * @param newest revision in a store that was just opened, durable
   */
  Horizon(long newest, long compacted) {
    this.newest = newest;
    this.durable = newest;
    this.compacted = compacted;
  }

  /** The newest revision that can be read: written, and durable unless relaxed. */
  long newest() {
    return newest;
  }

  /** Up to here everything is durable. */
  long durable() {
    return durable;
  }

  /** The oldest revision that can be read; changes after it can be watched. */
  long compacted() {
    return compacted;
  }

  void advance(long newest) {
    this.newest = newest;
  }

  void advanceDurable(long durable) {
    this.durable = durable;
  }

  /**
   * Must be called before anything that reading below {@code compacted} needs is deleted, so that a
   * reader that looks here after it has read knows whether something was missing.
   */
  void compact(long compacted) {
    this.compacted = compacted;
  }

  /** Fails when {@code revision} cannot be read. */
  void requireReadable(long revision) {
    var oldest = compacted;
    if (revision < oldest) {
      throw new StoreException.Compacted(revision, oldest);
    }
    var last = newest;
    if (revision > last) {
      throw new StoreException.FutureRevision(revision, last);
    }
  }
}
