package dev.berth.node.plugin;

/**
 * Names a volume on its node. Whatever is done to one volume is done one thing at a time, so that
 * this is also the name of its lane.
 *
 * @param plugin for example {@code kubernetes.io/local-volume}
 * @param name the PersistentVolume's name; for a volume that belongs to one pod {@code UID-NAME}
 */
public record VolumeId(String plugin, String name) implements Comparable<VolumeId> {

  @Override
  public int compareTo(VolumeId other) {
    return toString().compareTo(other.toString());
  }

  /** As {@code status.volumesInUse} of the node names it. */
  @Override
  public String toString() {
    return plugin + "/" + name;
  }
}
