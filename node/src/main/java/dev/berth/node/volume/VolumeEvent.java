package dev.berth.node.volume;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.VolumeId;
import java.util.List;

/** What the volume manager is told. */
sealed interface VolumeEvent {

  /** A pod's demand is known, or has changed. */
  record Demanded(PodDemand demand) implements VolumeEvent {}

  /** None of the pod's containers runs, and none will. */
  record Released(String podUid) implements VolumeEvent {}

  /** Every pod that wants or holds anything has made its demand. */
  record AllKnown() implements VolumeEvent {}

  /** The released volumes whose data this node has to destroy, all of them. */
  record WipesRequested(List<WipeRequest> requests) implements VolumeEvent {}

  /** The volumes whose storage this node has to make or to remove, all of them. */
  record ProvisionsRequested(List<ProvisionRequest> requests) implements VolumeEvent {}

  /** The claims that wait for their volumes to grow, all of them, wherever their volumes are. */
  record GrowthsRequested(List<GrowthRequest> requests) implements VolumeEvent {}

  /** Somebody has done something about a volume: what failed is tried again without delay. */
  record Urged(VolumeId volume) implements VolumeEvent {}

  /** The report of volumes in use with this number is in the node's status. */
  record InUseReported(long report) implements VolumeEvent {}

  /**
   * An operation has ended.
   *
   * @param settled see {@link ActualVolumes#ended}
   */
  record Ended(VolumeOperation operation, Attempt attempt, boolean settled)
      implements VolumeEvent {}

  /** The abandoned children of a volume have ended after all. */
  record Settled(VolumeId volume) implements VolumeEvent {}

  /** A volume that was taken for mounted is not what it should be. */
  record Suspected(PublishedVolume volume, Problem problem) implements VolumeEvent {}

  /** What the mount table shows, at a moment not long ago. */
  record Seen(Reconstruction mounted) implements VolumeEvent {}

  /** Time has passed. */
  record Tick() implements VolumeEvent {}
}
