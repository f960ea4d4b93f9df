package dev.berth.core.explain;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.ControlLoop;
import dev.berth.core.control.Keys;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Who can say why an object waits. */
@FunctionalInterface
public interface Explanations {

  /** The most candidates that one answer lists. */
  int MOST_CANDIDATES = 1000;

  /**
   * Explains a pod or a claim.
   *
   * @param revision of which, at least, the answer has to be
   * @param limit how many candidates to list, up to {@link #MOST_CANDIDATES}
   * @return empty when there is no such object; cancelled when the decider ends
   */
  CompletableFuture<Optional<Explanation>> of(ObjectKey key, long revision, int limit);

  /** From the image on which a loop decides. */
  static Explanations of(ControlLoop loop) {
    return (key, revision, limit) -> loop.ask(revision, view -> explain(view, key, limit));
  }

  /** The explanation as of now; empty when there is no such object. */
  static Optional<Explanation> explain(ClusterView view, ObjectKey key, int limit) {
    if (Keys.is(key, ResourceTypes.POD)) {
      var pod = view.pod(key);
      return pod == null
          ? Optional.empty()
          : Optional.of(new PodExplanation(view, pod, limit).explain());
    }
    if (Keys.is(key, ResourceTypes.CLAIM)) {
      var claim = view.claim(key);
      return claim == null
          ? Optional.empty()
          : Optional.of(new ClaimExplanation(view, claim, limit).explain());
    }
    throw new IllegalArgumentException("nothing is explained about " + key.resource());
  }
}
