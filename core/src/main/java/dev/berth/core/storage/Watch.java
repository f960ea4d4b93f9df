package dev.berth.core.storage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A feed of changes, in the order of their revisions, none left out. Changes wait in a bounded
 * buffer until they are taken; a watcher that is too slow for its buffer is failed with {@link
 * StoreException.TooSlow} after what was buffered, and resumes with a new watch after the last
 * revision that it took.
 */
public interface Watch extends AutoCloseable {

  /** What could be taken at this moment. */
  sealed interface Batch {}

  /**
   * Changes, possibly none.
   *
   * @param progress everything up to this revision that is in the watch's scope has now been taken
   */
  record Changes(List<Change> changes, long progress) implements Batch {}

  /** The watch has ended and yields nothing any more: by an error, or null when it was closed. */
  record Ended(@Nullable StoreException cause) implements Batch {}

  /** Takes up to {@code most} changes without waiting. One thread at a time. */
  Batch take(int most);

  /**
   * Names what to run when there are changes to take after a {@link #take} that found fewer than it
   * may take, or when the watch ends; progress without changes is not told. The end is told once,
   * also while changes are left to take: so whoever was told takes until nothing comes. It runs on
   * the store's thread: it must only hand over. Runs at once when something is there already. It
   * may run more often than needed.
   */
  void onReady(Runnable ready);

  @Override
  void close();
}
