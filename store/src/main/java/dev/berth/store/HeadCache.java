package dev.berth.store;

import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The newest versions of objects that were written or compared lately, so that checking a
 * transaction, telling watchers what was there before, and reading single objects seldom need the
 * database. When its bound is reached, it forgets what was not used since it was last looked at.
 *
 * <p>Only the committer puts; any thread gets. What is put is visible to readers a moment before
 * {@link Horizon#newest} says so: they compare.
 */
final class HeadCache {

  /**
   * The newest state of an object.
   *
   * @param revision of the write that made it, a removal too; 0 when none is known
   * @param object null when there is none
   */
  record Head(long revision, @Nullable StoredObject object) {
    static final Head NOTHING = new Head(0, null);

    /** The object's revision, 0 when there is no object. */
    long objectRevision() {
      return object == null ? 0 : object.revision();
    }
  }

  private static final class Entry {
    final ObjectKey key;
    volatile Head head;
    volatile boolean used;
    long bytes;

    Entry(ObjectKey key, Head head) {
      this.key = key;
      this.head = head;
    }
  }

  /** About what an entry costs beside its document. */
  private static final long ENTRY_BYTES = 300;

  private final long boundBytes;
  private final Map<ObjectKey, Entry> entries = new ConcurrentHashMap<>();

  /** In the order in which they are looked at for eviction. The committer's. */
  private final Deque<Entry> clock = new ArrayDeque<>();

  /** The committer's. */
  private long bytes;

  HeadCache(long boundBytes) {
    this.boundBytes = boundBytes;
  }

  @Nullable Head get(ObjectKey key) {
    var entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    if (!entry.used) {
      entry.used = true;
    }
    return entry.head;
  }

  void put(ObjectKey key, Head head) {
    var entry = entries.get(key);
    if (entry == null) {
      entry = new Entry(key, head);
      entries.put(key, entry);
      clock.add(entry);
    } else {
      entry.head = head;
      entry.used = true;
    }
    var cost = cost(head);
    bytes += cost - entry.bytes;
    entry.bytes = cost;
    evict();
  }

  private static long cost(Head head) {
    var object = head.object();
    return ENTRY_BYTES + (object == null ? 0 : object.document().length);
  }

  private void evict() {
    while (bytes > boundBytes) {
      var entry = clock.pollFirst();
      if (entry == null) {
        return;
      }
      if (entry.used) {
        entry.used = false;
        clock.addLast(entry);
      } else {
        bytes -= entry.bytes;
        entries.remove(entry.key);
      }
    }
  }

  /** All that is in it, at some moment. */
  Map<ObjectKey, Head> contents() {
    var copy = new HashMap<ObjectKey, Head>();
    entries.forEach((key, entry) -> copy.put(key, entry.head));
    return copy;
  }

  int size() {
    return entries.size();
  }
}
