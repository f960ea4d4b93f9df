package dev.berth.core.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What would make a candidate fit, and how much that is.
 *
 * @param cost in no unit: a word about an object is less than a new volume, and that is less than
 *     the end of a pod
 */
record Cure(List<Remedy> remedies, int cost) {
  static final int WORD = 1;
  static final int LABEL = 2;
  static final int VOLUME = 5;
  static final int POD = 20;

  Cure {
    remedies = List.copyOf(remedies);
  }

  static Cure of(Remedy remedy, int cost) {
    return new Cure(List.of(remedy), cost);
  }

  static final Cure NOTHING = new Cure(List.of(), 0);

  /** Both together; null when one of them cannot be. */
  static @Nullable Cure both(@Nullable Cure one, @Nullable Cure other) {
    if (one == null || other == null) {
      return null;
    }
    var all = new ArrayList<>(one.remedies());
    for (var remedy : other.remedies()) {
      if (!all.contains(remedy)) {
        all.add(remedy);
      }
    }
    return new Cure(all, one.cost() + other.cost());
  }

  static @Nullable Cure lesser(@Nullable Cure one, @Nullable Cure other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return other.cost() < one.cost() ? other : one;
  }

  /** For a person. */
  String text() {
    return remedies.stream().map(Remedy::text).collect(Collectors.joining("; and "));
  }
}
