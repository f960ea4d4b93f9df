package dev.berth.core.storage;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All retained versions of all objects. Not safe for use from several threads. */
final class VersionHistory {

  private record Version(@Nullable StoredObject object) {}

  private final NavigableMap<ObjectKey, NavigableMap<Long, Version>> versions = new TreeMap<>();

  /** Notes that the write of {@code revision} made {@code object}, or removed it (null). */
  void put(ObjectKey key, long revision, @Nullable StoredObject object) {
    versions.computeIfAbsent(key, absent -> new TreeMap<>()).put(revision, new Version(object));
  }

  /** The object as it was at {@code revision}. */
  @Nullable StoredObject at(ObjectKey key, long revision) {
    var history = versions.get(key);
    var entry = history == null ? null : history.floorEntry(revision);
    return entry == null ? null : entry.getValue().object();
  }

  /** The keys after {@code after} (null for all) that have any retained version, in order. */
  Set<ObjectKey> keysAfter(@Nullable ObjectKey after) {
    return after == null ? versions.keySet() : versions.tailMap(after, false).keySet();
  }

  /** Forgets what cannot be read at {@code revision} or later. */
  void forgetBefore(long revision) {
    for (var history : versions.values()) {
      var kept = history.floorEntry(revision);
      if (kept != null) {
        var tombstone = kept.getValue().object() == null;
        history.headMap(kept.getKey(), tombstone).clear();
      }
    }
    versions.values().removeIf(Map::isEmpty);
  }

  /** A copy of it without what was written after {@code revision}. */
  VersionHistory through(long revision) {
    var copy = new VersionHistory();
    versions.forEach(
        (key, history) -> {
          var kept = new TreeMap<>(history.headMap(revision, true));
          if (!kept.isEmpty()) {
            copy.versions.put(key, kept);
          }
        });
    return copy;
  }
}
