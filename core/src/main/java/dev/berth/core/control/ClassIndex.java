package dev.berth.core.control;

import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The storage classes. */
public final class ClassIndex {
  private static final Comparator<Observed<StorageClass>> NEWEST_THEN_FIRST_BY_NAME =
      Comparator.<Observed<StorageClass>, Instant>comparing(
              found ->
                  Objects.requireNonNullElse(
                      found.view().metadata().creationTimestamp(), Instant.EPOCH))
          .thenComparing(found -> found.key().name(), Comparator.reverseOrder());

  private final Map<ObjectKey, Observed<StorageClass>> classes = new TreeMap<>();

  ClassIndex() {}

  public Collection<Observed<StorageClass>> all() {
    return Collections.unmodifiableCollection(classes.values());
  }

  /** The newest of those that claims without a class get; null when there is none. */
  public @Nullable Observed<StorageClass> ofClaimsWithout() {
    Observed<StorageClass> best = null;
    for (var found : classes.values()) {
      var counts = found.view().isDefault();
      if (counts && (best == null || NEWEST_THEN_FIRST_BY_NAME.compare(found, best) > 0)) {
        best = found;
      }
    }
    return best;
  }

  void replace(ObjectKey key, @Nullable Observed<StorageClass> after) {
    if (after == null) {
      classes.remove(key);
    } else {
      classes.put(key, after);
    }
  }
}
