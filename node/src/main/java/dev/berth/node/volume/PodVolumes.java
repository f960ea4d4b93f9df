package dev.berth.node.volume;

import dev.berth.core.model.Pod;
import dev.berth.node.plugin.Problem;
import dev.berth.node.runtime.PodRef;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the pods' loop asks of the volume manager. No call waits, except where it says so. */
public interface PodVolumes {

  /**
   * The pod runs or is to run: its volumes are mounted, and stay.
   *
   * @param started whether containers of it were started before
   */
  void want(Pod pod, boolean started);

  /** The pod is on its way out and containers may still run: whatever it has stays. */
  void hold(PodRef pod);

  /** None of the pod's containers runs, and none will: its volumes are taken away. */
  void release(String podUid);

  /**
   * Every pod that wants or holds anything has said so. Nothing that was found at the start is
   * taken away before.
   */
  void allPodsKnown();

  VolumeReadiness readiness(String podUid);

  /** The names of the volumes that the pod has, or may have. */
  List<String> left(String podUid);

  /** Why volumes of a released pod are still there. */
  Optional<String> whyLeft(String podUid);

  /**
   * Compares the pod's volumes with what they should be, before a container is started. Waits for
   * the disks.
   *
   * @return why it must not be started
   */
  Optional<Problem> verify(String podUid) throws InterruptedException;

  /**
   * Makes a part of a ready volume visible for a container that is about to start. Waits.
   *
   * @param index of the mount in the container
   * @return where it is
   * @throws VolumeFailure when it cannot be
   */
  Path subPath(String podUid, String volumeName, String subPath, String container, int index)
      throws VolumeFailure, InterruptedException;

  /**
   * Makes sure that what is mounted below a path of a ready volume from now on is also seen where
   * the path is shown to a container.
   *
   * @param bothWays whether what the container mounts is to be seen by the host, too
   * @throws VolumeFailure when the host's mounts are not made so
   */
  void share(Path path, boolean bothWays) throws VolumeFailure;

  /** Names whom to tell that something about a pod's volumes has changed. It only hands over. */
  void onChange(Consumer<String> podUid);
}
