package dev.berth.node.plugin;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** What a volume is made of. */
public sealed interface VolumeSource {

  /** What tells one life of a volume from another of the same name; empty for a pod's own. */
  default String uid() {
    return "";
  }

  /** Another text whenever the volume has to be written anew; empty when it never has. */
  default String content() {
    return "";
  }

  /**
   * A disk or a mounted directory of this node, as a PersistentVolume describes it.
   *
   * @param volume the PersistentVolume's name
   * @param uid its uid, which becomes the UUID of a file system that is made for it
   * @param path of a block device, or of a directory that is a mount point
   * @param fsType of a block device that has to be formatted
   * @param capacityBytes what the volume promises: a smaller disk is refused
   * @param mountOptions for the file system of a block device
   * @param readOnly whether nobody may write to it, so that it is never formatted
   */
  record Local(
      String volume,
      String uid,
      Path path,
      String fsType,
      long capacityBytes,
      List<String> mountOptions,
      boolean readOnly)
      implements VolumeSource {
    public Local {
      mountOptions = List.copyOf(mountOptions);
    }
  }

  /**
   * A disk of this node without a file system; see {@link Local}.
   *
   * @param readOnly whether nobody may write to it
   */
  record LocalBlock(String volume, String uid, Path path, long capacityBytes, boolean readOnly)
      implements VolumeSource {}

  /**
   * An image file of this node, attached as a loop device; see {@link Local}.
   *
   * @param pool the name of the directory in which it lies
   * @param image its name there
   * @param block whether pods get the device as it is, without a file system
   * @param made whether its provisioner has made it: then it is never made anew
   */
  record Loop(
      String volume,
      String uid,
      String pool,
      String image,
      String fsType,
      long capacityBytes,
      List<String> mountOptions,
      boolean block,
      boolean readOnly,
      boolean made)
      implements VolumeSource {
    public Loop {
      mountOptions = List.copyOf(mountOptions);
    }
  }

  /** A file or directory of the host as it is; never unmounted, never removed. */
  record HostPath(Path path, HostPathType type) implements VolumeSource {}

  /**
   * A directory that lives as long as its pod.
   *
   * @param memory whether it is a tmpfs
   */
  record EmptyDir(boolean memory, OptionalLong sizeLimitBytes) implements VolumeSource {}

  /**
   * A directory that a server exports.
   *
   * @param share SERVER:/PATH as mount(8) takes it
   */
  record Nfs(String share, List<String> mountOptions) implements VolumeSource {
    public Nfs {
      mountOptions = List.copyOf(mountOptions);
    }
  }

  /**
   * Files that objects of the API tell.
   *
   * @param memory whether they must not reach a disk
   * @param missing why nobody can tell them any more, empty when they are told: then those that are
   *     there stay
   */
  record Files(FileSet files, boolean memory, String missing) implements VolumeSource {
    @Override
    public String content() {
      return missing.isEmpty() ? files.digest() : "";
    }
  }
}
