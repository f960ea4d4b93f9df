package dev.berth.node.plugin;

import java.nio.file.Path;

/**
 * Where things are under a node's root. The directories of pods and the mounts of plugins have the
 * places that Kubernetes gave them; beside each mount lies a record of what it is.
 */
public record VolumePaths(Path root) {

  /** Where the volume is mounted once for the node. */
  public Path stagedMount(VolumeId id) {
    return plugin(id.plugin()).resolve("mounts").resolve(name(id.name()));
  }

  /** Where device files of a volume are bound, one for each pod, named for its uid. */
  public Path blockPlaces(VolumeId id) {
    return blockPlaces(id.plugin()).resolve(name(id.name()));
  }

  public Path blockPlaces(String plugin) {
    return plugin(plugin).resolve("volumeDevices");
  }

  /** The directory in which the pod's devices of a plugin are named. */
  public Path podDevices(PublishedVolume volume) {
    return pod(volume.pod().uid())
        .resolve("volumeDevices")
        .resolve(directoryOf(volume.id().plugin()));
  }

  /** The link that names a pod's device. */
  public Path podDevice(PublishedVolume volume) {
    return podDevices(volume).resolve(name(volume.directory()));
  }

  public Path stagedRecord(VolumeId id) {
    return stagedRecords(id.plugin()).resolve(name(id.name()) + ".json");
  }

  public Path stagedRecords(String plugin) {
    return plugin(plugin).resolve("records");
  }

  public Path plugin(String plugin) {
    return root.resolve("plugins").resolve(plugin);
  }

  /** What the node remembers of a plugin's volumes, one file for each: {@code UID.json}. */
  Path remembered(String plugin, String what) {
    return plugin(plugin).resolve(what);
  }

  public Path pods() {
    return root.resolve("pods");
  }

  public Path pod(String podUid) {
    return pods().resolve(name(podUid));
  }

  /** The records of the last starts of the pod's containers, by their names. */
  public Path podStarts(String podUid) {
    return pod(podUid).resolve("starts");
  }

  /** The directories of the pod's volumes, by plugin. */
  public Path podVolumes(String podUid) {
    return pod(podUid).resolve("volumes");
  }

  /** The directory in which the pod's volumes of the plugin are. */
  public Path podVolumesOf(PublishedVolume volume) {
    return podVolumes(volume.pod().uid()).resolve(directoryOf(volume.id().plugin()));
  }

  public Path podVolume(PublishedVolume volume) {
    return podVolumesOf(volume).resolve(name(volume.directory()));
  }

  /** The records of the pod's volumes, by plugin. */
  public Path podRecords(String podUid) {
    return pod(podUid).resolve("volume-records");
  }

  public Path podRecord(PublishedVolume volume) {
    return podRecords(volume.pod().uid())
        .resolve(directoryOf(volume.id().plugin()))
        .resolve(name(volume.directory()) + ".json");
  }

  /** Where parts of the pod's volumes are mounted for its containers. */
  public Path podSubPaths(String podUid) {
    return pod(podUid).resolve("volume-subpaths");
  }

  /** Where one part of a volume is mounted for one container. */
  public Path podSubPath(String podUid, String volumeName, String container, int index) {
    return podSubPaths(podUid)
        .resolve(name(volumeName))
        .resolve(name(container))
        .resolve(Integer.toString(index));
  }

  /** A plugin's name as a directory. */
  static String directoryOf(String plugin) {
    return plugin.replace('/', '~');
  }

  private static String name(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("not usable as the name of a file: \"" + name + "\"");
    }
    return name;
  }
}
