package dev.berth.core.control;

import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The pods by the claims that they use. */
public final class PodIndex {
  private final Map<ObjectKey, Set<ObjectKey>> byClaim = new HashMap<>();

  PodIndex() {}

  /** All pods whose volumes name the claim, finished ones too. */
  public Set<ObjectKey> using(ObjectKey claim) {
    return Collections.unmodifiableSet(byClaim.getOrDefault(claim, Set.of()));
  }

  void replace(@Nullable Observed<Pod> before, @Nullable Observed<Pod> after) {
    if (before != null) {
      for (var name : before.view().claimNames()) {
        var claim = Keys.claim(before.key().namespace(), name);
        var pods = byClaim.get(claim);
        if (pods != null && pods.remove(before.key()) && pods.isEmpty()) {
          byClaim.remove(claim);
        }
      }
    }
    if (after != null) {
      for (var name : after.view().claimNames()) {
        byClaim
            .computeIfAbsent(Keys.claim(after.key().namespace(), name), absent -> new TreeSet<>())
            .add(after.key());
      }
    }
  }
}
