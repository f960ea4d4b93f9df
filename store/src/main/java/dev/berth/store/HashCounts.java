package dev.berth.store;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How often each 64-bit hash was added and not removed. A table with open addressing: 8 bytes for a
 * place, at most two thirds of them taken.
 */
final class HashCounts {
  private static final long FREE = 0;
  private static final int LEAST_PLACES = 1 << 10;

  private long[] places = new long[LEAST_PLACES];
  private int size;

  /** For what was added more than once: how often more. */
  private final Map<Long, Integer> repeated = new HashMap<>();

  boolean contains(long hash) {
    return places[find(notFree(hash))] != FREE;
  }

  /** How many different hashes there are. */
  int size() {
    return size;
  }

  void add(long anyHash) {
    var hash = notFree(anyHash);
    var at = find(hash);
    if (places[at] != FREE) {
      repeated.merge(hash, 1, Integer::sum);
      return;
    }
    places[at] = hash;
    size++;
    if (size > places.length / 3 * 2) {
      grow();
    }
  }

  void remove(long anyHash) {
    var hash = notFree(anyHash);
    if (repeated.containsKey(hash)) {
      repeated.computeIfPresent(hash, (same, times) -> times == 1 ? null : times - 1);
      return;
    }
    var at = find(hash);
    if (places[at] == FREE) {
      throw new IllegalStateException("a hash that was not added is removed");
    }
    places[at] = FREE;
    size--;
    closeGap(at);
  }

  /** Moves back what would no longer be found behind the place that became free. */
  private void closeGap(int free) {
    var gap = free;
    for (var at = next(gap); places[at] != FREE; at = next(at)) {
      var home = home(places[at]);
      var reachableWithoutGap = gap <= at ? gap < home && home <= at : gap < home || home <= at;
      if (!reachableWithoutGap) {
        places[gap] = places[at];
        places[at] = FREE;
        gap = at;
      }
    }
  }

  /** Where the hash is, or the free place where it belongs. */
  private int find(long hash) {
    var at = home(hash);
    while (places[at] != FREE && places[at] != hash) {
      at = next(at);
    }
    return at;
  }

  private int home(long hash) {
    return (int) (hash >>> 32) & (places.length - 1);
  }

  private int next(int at) {
    return (at + 1) & (places.length - 1);
  }

  private void grow() {
    var old = places;
    places = new long[2 * old.length];
    Arrays.stream(old).filter(hash -> hash != FREE).forEach(hash -> places[find(hash)] = hash);
  }

  private static long notFree(long hash) {
    return hash == FREE ? 1 : hash;
  }
}
