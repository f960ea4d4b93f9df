package dev.berth.core.storage;

import org.jspecify.annotations.Nullable;

/** Why the store did not do what was asked. */
public abstract sealed class StoreException extends RuntimeException {

  StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** An expectation of a transaction did not hold; nothing of it was applied. */
  public static final class Conflict extends StoreException {
    private final ObjectKey key;
    private final Expectation expected;
    private final long actual;

    /**
     * @param actual the object's revision, 0 when there is no object
     */
    public Conflict(ObjectKey key, Expectation expected, long actual) {
      super("expected " + key + " " + expected + ", found revision " + actual, null);
      this.key = key;
      this.expected = expected;
      this.actual = actual;
    }

    public ObjectKey key() {
      return key;
    }

    public Expectation expected() {
      return expected;
    }

    /** The revision that was there, 0 when there was no object. */
    public long actual() {
      return actual;
    }
  }

  /** The revision asked for is older than the retained history: list again. */
  public static final class Compacted extends StoreException {
    private final long oldest;

    public Compacted(long asked, long oldest) {
      super("revision " + asked + " has been compacted; the oldest one kept is " + oldest, null);
      this.oldest = oldest;
    }

    public long oldest() {
      return oldest;
    }
  }

  /** The revision asked for does not exist yet. */
  public static final class FutureRevision extends StoreException {
    public FutureRevision(long asked, long newest) {
      super("revision " + asked + " does not exist yet; the newest is " + newest, null);
    }
  }

  /** A watcher did not take its changes fast enough: watch again after the last one taken. */
  public static final class TooSlow extends StoreException {
    /**
     * @param bound most changes that may wait for the watcher (their bytes may be bounded, too)
     */
    public TooSlow(int bound) {
      super("the watcher was too slow: its buffer for " + bound + " changes is full", null);
    }
  }

  /** Writing is not possible now (a full disk, a full queue); reads go on; try again later. */
  public static final class Unavailable extends StoreException {
    public Unavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The store can no longer be trusted or has been closed: the process must stop. */
  public static final class Broken extends StoreException {
    public Broken(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
