package dev.berth.node.volume;

import dev.berth.core.model.Event;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.registry.EventSink;
import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.runtime.PodRef;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells people how operations on volumes ended: events, the log, metrics. */
final class VolumeReports {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeReports.class);

  private final EventSink events;
  private final VolumeMeters meters;

  /** What was told of volumes that other pods have. */
  private Map<PodVolume, Problem> taken = Map.of();

  VolumeReports(EventSink events, VolumeMeters meters) {
    this.events = events;
    this.meters = meters;
  }

  /**
   * @param waiting the pods that wait for the volume
   */
  void ended(VolumeOperation operation, Attempt attempt, List<PodVolume> waiting, long nanos) {
    meters.ended(
        operation.volume().plugin(),
        operation.key().kind(),
        attempt.getClass().getSimpleName().toLowerCase(Locale.ROOT),
        nanos);
    var problem = VolumeWorld.problem(attempt);
    if (problem.isEmpty()) {
      LOG.info(
          "{} of volume {} done in {} ms",
          operation.key().kind(),
          operation.volume().name(),
          nanos / 1_000_000);
      return;
    }
    LOG.warn(
        "{} of volume {} failed: {}",
        operation.key().kind(),
        operation.volume().name(),
        problem.get().message());
    switch (operation) {
      case VolumeOperation.Stage(var wanted) -> {
        waiting.forEach(volume -> warn(volume.pod(), problem.get()));
        if (problem.get().reason() == Problem.Reason.MISMATCH) {
          warnVolume(wanted.id().name(), wanted.source().uid(), problem.get());
        }
      }
      case VolumeOperation.Publish(var wanted) -> warn(wanted.pod(), problem.get());
      case VolumeOperation.Refresh(var wanted) -> warn(wanted.pod(), problem.get());
      case VolumeOperation.Unpublish(var from) -> warn(from.pod(), problem.get());
      case VolumeOperation.Unstage(var from) ->
          warnVolume(from.id().name(), from.uid(), problem.get());
      case VolumeOperation.Grow(var wanted, _) -> warn(wanted.pod(), problem.get());
      case VolumeOperation.Provision(var request) ->
          warnVolume(request.id().name(), request.uid(), problem.get());
      case VolumeOperation.Wipe(var request) ->
          warnVolume(request.id().name(), request.uid(), problem.get());
    }
  }

  /** Tells a pod's user what its volumes wait for outside of this node. */
  void unresolved(PodDemand demand) {
    if (demand instanceof PodDemand.Wants wants) {
      wants.unresolved().forEach(volume -> warn(wants.pod(), Problem.mount(volume.message())));
    }
  }

  /**
   * Tells the users of pods that wait for other pods, once for each wait.
   *
   * @param now all that wait so
   */
  void taken(Map<PodVolume, Problem> now) {
    now.forEach(
        (volume, problem) -> {
          if (!problem.equals(taken.get(volume))) {
            warn(volume.pod(), problem);
          }
        });
    taken = now;
  }

  private void warn(PodRef pod, Problem problem) {
    if (!pod.namespace().isEmpty()) {
      events.record(
          new ObjectReference("v1", "Pod", pod.namespace(), pod.name(), pod.uid(), null, null),
          Event.WARNING,
          problem.reason().text(),
          problem.message());
    }
  }

  private void warnVolume(String name, String uid, Problem problem) {
    if (!uid.isEmpty()) {
      events.record(
          new ObjectReference("v1", "PersistentVolume", "", name, uid, null, null),
          Event.WARNING,
          problem.reason().text(),
          problem.message());
    }
  }
}
