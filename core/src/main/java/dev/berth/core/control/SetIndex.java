package dev.berth.core.control;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Sets of values by key, in order. Most are of one value, and cost no more than that. */
final class SetIndex<K, V extends Comparable<V>> {
  private final Map<K, Set<V>> sets = new HashMap<>();

  /** The values of the key; not to be gone through while the index changes. */
  Set<V> get(K key) {
    return Collections.unmodifiableSet(sets.getOrDefault(key, Set.of()));
  }

  Collection<Set<V>> all() {
    return Collections.unmodifiableCollection(sets.values());
  }

  void add(K key, V value) {
    sets.merge(key, Set.of(value), (present, one) -> with(present, value));
  }

  private static <V extends Comparable<V>> Set<V> with(Set<V> present, V value) {
    if (present.contains(value)) {
      return present;
    }
    var set = present instanceof TreeSet<V> many ? many : new TreeSet<>(present);
    set.add(value);
    return set;
  }

  void remove(K key, V value) {
    sets.computeIfPresent(key, (same, present) -> without(present, value));
  }

  private static <V extends Comparable<V>> @Nullable Set<V> without(Set<V> present, V value) {
    if (!(present instanceof TreeSet<V> many)) {
      return present.contains(value) ? null : present;
    }
    many.remove(value);
    return many.size() == 1 ? Set.of(many.first()) : many;
  }
}
