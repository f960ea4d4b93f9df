package dev.berth.node.sync;

import dev.berth.core.model.Pod;
import dev.berth.node.runtime.ContainerId;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.runtime.ContainerStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One run of one container of a pod, as the runtime knows it or, when the runtime has lost it, as
 * the pod's status remembers it.
 *
 * @param known whether the runtime still has it, and its log
 */
record Run(
    ContainerId id,
    ContainerState state,
    String image,
    String imageId,
    String containerId,
    boolean known) {

  /** What the status says of a run that ended without anybody seeing it. */
  static final String LOST = "ContainerStatusUnknown";

  private static final int LOST_EXIT_CODE = 137;

  boolean ended() {
    return state instanceof ContainerState.Exited;
  }

  /** The runs of each container, the latest one last. */
  static Map<String, List<Run>> of(Pod pod, List<ContainerStatus> runtime, Instant now) {
    var runs = new HashMap<String, List<Run>>();
    for (var status : runtime) {
      runs.computeIfAbsent(status.id().container(), name -> new ArrayList<>())
          .add(
              new Run(
                  status.id(),
                  status.state(),
                  status.image(),
                  status.imageId(),
                  status.containerId(),
                  true));
    }
    runs.values().forEach(list -> list.sort(Comparator.comparingInt(run -> run.id().attempt())));
    remember(pod.metadata().uid(), pod.status().initContainerStatuses(), runs, now);
    remember(pod.metadata().uid(), pod.status().containerStatuses(), runs, now);
    return runs;
  }

  /** A container of which the runtime knows nothing may have run before nevertheless. */
  private static void remember(
      String uid, List<Pod.ContainerStatus> statuses, Map<String, List<Run>> runs, Instant now) {
    for (var status : statuses) {
      if (!runs.containsKey(status.name())) {
        var state = remembered(status, now);
        if (state != null) {
          runs.put(
              status.name(),
              List.of(
                  new Run(
                      new ContainerId(uid, status.name(), status.restartCount()),
                      state,
                      status.image(),
                      status.imageID(),
                      status.containerID() == null ? "" : status.containerID(),
                      false)));
        }
      }
    }
  }

  private static ContainerState.@Nullable Exited remembered(
      Pod.ContainerStatus status, Instant now) {
    for (var state : new Pod.ContainerState[] {status.state(), status.lastState()}) {
      if (state != null && state.running() != null) {
        return new ContainerState.Exited(
            state.running().startedAt(),
            now,
            LOST_EXIT_CODE,
            0,
            LOST,
            "the container was lost: its runtime does not know it any more");
      }
      if (state != null && state.terminated() != null) {
        var ended = state.terminated();
        return new ContainerState.Exited(
            ended.startedAt(),
            ended.finishedAt() == null ? now : ended.finishedAt(),
            ended.exitCode(),
            ended.signal() == null ? 0 : ended.signal(),
            ended.reason() == null ? "" : ended.reason(),
            ended.message() == null ? "" : ended.message());
      }
    }
    return null;
  }
}
