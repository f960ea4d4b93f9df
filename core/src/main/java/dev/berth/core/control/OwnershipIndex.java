package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.storage.ObjectKey;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What belongs to what: objects by uid, by owner and by namespace. */
public final class OwnershipIndex {
  private final Map<String, ObjectKey> byUid = new HashMap<>();
  private final SetIndex<String, ObjectKey> byOwner = new SetIndex<>();
  private final Map<String, SortedSet<ObjectKey>> byNamespace = new HashMap<>();

  OwnershipIndex() {}

  /** The object with this uid; null when there is none. */
  public @Nullable ObjectKey withUid(String uid) {
    return byUid.get(uid);
  }

  /** The objects that name the uid among their owners. */
  public Set<ObjectKey> ownedBy(String uid) {
    return byOwner.get(uid);
  }

  /** All objects in the namespace, events too, sorted by kind and name. */
  public SortedSet<ObjectKey> in(String namespace) {
    return Collections.unmodifiableSortedSet(
        byNamespace.getOrDefault(namespace, Collections.emptySortedSet()));
  }

  void replace(
      ObjectKey key,
      @Nullable Observed<? extends ApiObject> before,
      @Nullable Observed<? extends ApiObject> after) {
    if (before != null) {
      var metadata = before.view().metadata();
      byUid.remove(metadata.uid(), key);
      metadata.ownerReferences().forEach(owner -> byOwner.remove(owner.uid(), key));
    }
    if (after != null) {
      var metadata = after.view().metadata();
      if (!metadata.uid().isEmpty()) {
        byUid.put(metadata.uid(), key);
      }
      metadata.ownerReferences().forEach(owner -> byOwner.add(owner.uid(), key));
    }
    place(key, after != null);
  }

  /** Notes that an object, of which nothing else is known, is in its namespace or has gone. */
  void place(ObjectKey key, boolean present) {
    if (key.namespace().isEmpty()) {
      return;
    }
    if (present) {
      byNamespace.computeIfAbsent(key.namespace(), absent -> new TreeSet<>()).add(key);
      return;
    }
    var keys = byNamespace.get(key.namespace());
    if (keys != null && keys.remove(key) && keys.isEmpty()) {
      byNamespace.remove(key.namespace());
    }
  }
}
