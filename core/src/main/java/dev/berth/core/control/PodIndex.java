package dev.berth.core.control;

import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pods by the claims that they use. */
public final class PodIndex {
  private final SetIndex<ObjectKey, ObjectKey> byClaim = new SetIndex<>();

  PodIndex() {}

  /** All pods whose volumes name the claim, finished ones too. */
  public Set<ObjectKey> using(ObjectKey claim) {
    return byClaim.get(claim);
  }

  void replace(@Nullable Observed<Pod> before, @Nullable Observed<Pod> after) {
    if (before != null) {
      for (var name : before.view().claimNames()) {
        byClaim.remove(Keys.claim(before.key().namespace(), name), before.key());
      }
    }
    if (after != null) {
      for (var name : after.view().claimNames()) {
        byClaim.add(Keys.claim(after.key().namespace(), name), after.key());
      }
    }
  }
}
