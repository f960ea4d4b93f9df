package dev.berth.core.storage;

import org.jspecify.annotations.Nullable;

/**
 * One write as a watcher sees it. At least one of {@code before} and {@code after} is there.
 *
 * @param key which object
 * @param revision of the write
 * @param before the version that it replaced or removed; null when it created the object
 * @param after the version that it made; null when it removed the object
 */
public record Change(
    ObjectKey key, long revision, @Nullable StoredObject before, @Nullable StoredObject after) {

  public Change {
    if (before == null && after == null) {
      throw new IllegalArgumentException("a change of " + key + " from nothing to nothing");
    }
  }
}
