package dev.berth.node.sync;

import dev.berth.node.volume.VolumeReadiness;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that the decision about a pod depends on, at one moment.
 *
 * @param gone since when the pod is not in the API any more, and until when its containers may run
 * @param rejection why this node cannot run the pod at all
 * @param evicted why the pod, which runs, must end
 * @param runs of each container, the latest one last
 * @param restarts how long containers that ended have to wait
 * @param failures actions that failed, by their key
 * @param volumesLeft names of volumes that the pod has, or may have
 * @param busy keys of the actions under way
 * @param cleaned whether everything of the pod on this node is removed
 */
record PodSituation(
    PodObject pod,
    Optional<Instant> gone,
    Optional<Rejected> rejection,
    Optional<Rejected> evicted,
    Map<String, List<Run>> runs,
    Restarts restarts,
    Map<String, Failure> failures,
    VolumeReadiness volumes,
    List<String> volumesLeft,
    Optional<String> whyLeft,
    Set<String> busy,
    boolean cleaned,
    Instant now) {

  /**
   * Why the node does not run a pod.
   *
   * @param reason one word for programs
   */
  record Rejected(String reason, String message) {}

  /**
   * An action that failed.
   *
   * @param reason as waiting containers show it
   * @param times in a row
   * @param retry when it may be tried again
   */
  record Failure(String reason, String message, int times, Instant retry) {}

  Optional<Run> last(String container) {
    var list = runs.getOrDefault(container, List.of());
    return list.isEmpty() ? Optional.empty() : Optional.of(list.getLast());
  }

  /** The run before the last one. */
  Optional<Run> previous(String container) {
    var list = runs.getOrDefault(container, List.of());
    return list.size() < 2 ? Optional.empty() : Optional.of(list.get(list.size() - 2));
  }

  boolean busy(String key) {
    return busy.contains(key);
  }
}
