package dev.berth.node.plugin;

import dev.berth.node.runtime.PodRef;
import java.util.Optional;

/**
 * A volume that a pod wants.
 *
 * @param pod who wants it
 * @param volumeName its name in the pod
 * @param directory the last part of its path under the pod's directory: the PersistentVolume's
 *     name, or the name in the pod
 * @param readOnly whether the pod asks for it without the right to write
 * @param fsGroup the group that its files get before the first container of the pod starts
 * @param alone whether no other pod may have the volume meanwhile (ReadWriteOncePod)
 * @param claim the name of the claim that the pod has it through, empty for none
 */
public record PodVolume(
    PodRef pod,
    String volumeName,
    VolumeId id,
    String directory,
    VolumeSource source,
    boolean readOnly,
    Optional<FsGroup> fsGroup,
    boolean alone,
    String claim) {

  /** A volume that several pods of the node may have, and no claim. */
  public PodVolume(
      PodRef pod,
      String volumeName,
      VolumeId id,
      String directory,
      VolumeSource source,
      boolean readOnly,
      Optional<FsGroup> fsGroup) {
    this(pod, volumeName, id, directory, source, readOnly, fsGroup, false, "");
  }

  /** The same volume, made of something else. */
  PodVolume of(VolumeSource other) {
    return new PodVolume(pod, volumeName, id, directory, other, readOnly, fsGroup, alone, claim);
  }

  /** What is kept beside the volume while the pod has it. */
  public PublishedVolume published() {
    return new PublishedVolume(id, source.uid(), pod, volumeName, directory);
  }

  /** What is kept beside the volume while the node has it. */
  public StagedVolume staged() {
    return new StagedVolume(id, source.uid());
  }
}
