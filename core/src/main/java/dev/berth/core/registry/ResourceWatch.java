package dev.berth.core.registry;

import dev.berth.core.storage.StoredObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A feed of events about objects that match; see {@link dev.berth.core.storage.Watch}. */
public interface ResourceWatch extends AutoCloseable {

  enum EventType {
    ADDED,
    MODIFIED,
    DELETED
  }

  /**
   * @param object for DELETED: its last state, with the revision of the deletion (or of the change
   *     by which it no longer matches)
   */
  record WatchEvent(EventType type, StoredObject object) {}

  sealed interface Batch {}

  /**
   * @param progress everything up to this revision has been taken: what a bookmark may say; 0 while
   *     objects that were there at the beginning are still to be taken
   */
  record Events(List<WatchEvent> events, long progress) implements Batch {}

  /**
   * Nothing follows. Without a cause the watch was closed or too slow, and can be resumed after the
   * last revision taken; otherwise it must be begun anew, for this reason.
   */
  record Ended(@Nullable Status cause) implements Batch {}

  /** Takes up to about {@code most} events without waiting. One thread at a time. */
  Batch take(int most);

  /** See {@link dev.berth.core.storage.Watch#onReady}. */
  void onReady(Runnable ready);

  @Override
  void close();
}
