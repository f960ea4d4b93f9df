package dev.berth.node.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One kind of volume. Operations on one volume never overlap. Each of them can be repeated, finds
 * out by itself what an earlier one (perhaps of a process that was killed) has done, and leaves the
 * rest alone. They wait for child processes and belong on virtual threads; an interrupt leaves a
 * state from which the same operation goes on.
 *
 * <p>An exception means that nobody knows how far the operation came.
 */
public interface VolumePlugin {

  /** The first part of {@link VolumeId}, for example {@code kubernetes.io/local-volume}. */
  String name();

  /** Whether a volume is prepared once for the node before it is shown to its pods. */
  boolean staged();

  /**
   * Looks, once for all of them, at what was found at the start, so that examining each of hundreds
   * needs no program of its own. It settles nothing and may come late: what it has not told when a
   * volume's turn comes is found out then.
   */
  default void recognise(List<StagedVolume> found) throws IOException, InterruptedException {}

  /** Prepares the volume for the node. Only for plugins with {@link #staged}. */
  Attempt stage(VolumeSource source) throws IOException, InterruptedException;

  /** Undoes {@link #stage}, when no pod has the volume any more. */
  Attempt unstage(StagedVolume volume) throws IOException, InterruptedException;

  /** Shows the volume to a pod. */
  Attempt publish(PodVolume volume) throws IOException, InterruptedException;

  /** Undoes {@link #publish}, when none of the pod's containers runs. */
  Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException;

  /**
   * Compares what is mounted with what the volume is: before every start of a container.
   *
   * @return why the container must not be started
   */
  Optional<Problem> verify(PodVolume volume) throws IOException, InterruptedException;

  /**
   * Makes a volume that its pod has larger, while the pod uses it.
   *
   * @param bytes what it has to hold at least
   */
  default Growth grow(PodVolume volume, long bytes) throws IOException, InterruptedException {
    return new Growth.Later("volumes of this kind (" + name() + ") are not grown by their node");
  }

  /** The file or directory of the host that the pod's containers get. */
  Path hostPath(PodVolume volume);
}
