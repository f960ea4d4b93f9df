package dev.berth.node.plugin;

import dev.berth.node.runtime.PodRef;

/**
 * Names a volume that was shown to a pod: enough to take it away when its objects are long gone.
 *
 * @param uid of the PersistentVolume, empty for a volume of the pod's own
 * @param volumeName its name in the pod
 * @param directory see {@link PodVolume#directory}
 */
public record PublishedVolume(
    VolumeId id, String uid, PodRef pod, String volumeName, String directory) {

  /** Its identity: a volume is shown to a pod at most once. */
  public Key key() {
    return new Key(id, pod.uid());
  }

  /** A volume and the pod that it is shown to. */
  public record Key(VolumeId id, String podUid) {}
}
