package dev.berth.node.volume;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.node.config.FilesOfPod;
import dev.berth.node.config.MissingConfig;
import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.FileSet;
import dev.berth.node.plugin.FileVolumes;
import dev.berth.node.plugin.FsGroup;
import dev.berth.node.plugin.HostPathType;
import dev.berth.node.plugin.HostPaths;
import dev.berth.node.plugin.NfsVolumes;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Finds out what the volumes of a pod are: a function of the pod, its claims and their volumes. A
 * claim counts only when both sides of its binding say so.
 */
final class PodVolumeResolution {
  private final Pod pod;
  private final PodRef ref;
  private final boolean started;
  private final Earlier earlier;
  private final Lookups lookups;
  private final VolumeUse use;
  private final List<PodVolume> volumes = new ArrayList<>();
  private final List<PodDemand.Unresolved> unresolved = new ArrayList<>();

  /**
   * What it has to know of the world.
   *
   * @param claim finds a claim by namespace and name
   * @param volume finds a PersistentVolume by name
   * @param files finds the files that objects of the API tell
   * @param nodeLabels of the node that the pod is on
   */
  record Lookups(
      BiFunction<String, String, Optional<PersistentVolumeClaim>> claim,
      Function<String, Optional<PersistentVolume>> volume,
      FilesOfPod files,
      String nodeName,
      Map<String, String> nodeLabels) {}

  /**
   * What was found out about the pod before.
   *
   * @param volumes by their name in the pod
   * @param complete whether those were all: then only the content of files can still change
   */
  record Earlier(Map<String, PodVolume> volumes, boolean complete) {
    static final Earlier NOTHING = new Earlier(Map.of(), false);

    Earlier {
      volumes = Map.copyOf(volumes);
    }

    Earlier and(PodDemand.Wants wants) {
      var all = new HashMap<>(volumes);
      wants.volumes().forEach(volume -> all.put(volume.volumeName(), volume));
      return new Earlier(all, complete || wants.unresolved().isEmpty());
    }
  }

  private PodVolumeResolution(Pod pod, boolean started, Earlier earlier, Lookups lookups) {
    this.pod = pod;
    this.ref = new PodRef(pod.metadata().uid(), pod.metadata().namespace(), pod.metadata().name());
    this.started = started;
    this.earlier = earlier;
    this.lookups = lookups;
    this.use = VolumeUse.of(pod);
  }

  /**
   * @param started whether containers of the pod were started before: then a claim that is being
   *     deleted meanwhile is still the pod's
   */
  static PodDemand.Wants resolve(Pod pod, boolean started, Earlier earlier, Lookups lookups) {
    return new PodVolumeResolution(pod, started, earlier, lookups).resolve();
  }

  private PodDemand.Wants resolve() {
    for (var volume : pod.spec().volumes()) {
      if (use.used().contains(volume.name())) {
        resolve(volume);
      }
    }
    return new PodDemand.Wants(ref, volumes, unresolved);
  }

  private void resolve(Pod.Volume volume) {
    var before = earlier.volumes().get(volume.name());
    if (earlier.complete() && before != null && !FilesOfPod.served(volume)) {
      volumes.add(before);
      return;
    }
    var own = ref.uid() + "-" + volume.name();
    if (volume.persistentVolumeClaim() != null) {
      claimed(volume.name(), volume.persistentVolumeClaim(), false);
    } else if (volume.ephemeral() != null) {
      var source = new Pod.ClaimSource(pod.claimName(volume), volume.ephemeral().readOnly());
      claimed(volume.name(), source, true);
    } else if (volume.hostPath() != null) {
      var id = new VolumeId(HostPaths.NAME, own);
      hostPath(volume.name(), volume.hostPath())
          .ifPresent(source -> add(volume.name(), id, volume.name(), source, false));
    } else if (volume.emptyDir() != null) {
      var limit = volume.emptyDir().sizeLimit();
      add(
          volume.name(),
          new VolumeId(EmptyDirs.NAME, own),
          volume.name(),
          new VolumeSource.EmptyDir(
              "Memory".equals(volume.emptyDir().medium()),
              limit == null || limit.signum() <= 0
                  ? OptionalLong.empty()
                  : OptionalLong.of(limit.ceiling())),
          false);
    } else if (volume.nfs() != null) {
      nfs(volume.name(), volume.nfs(), List.of(), false)
          .ifPresent(
              source -> add(volume.name(), nfsId(volume.name()), volume.name(), source, false));
    } else if (FilesOfPod.served(volume)) {
      files(volume, own);
    } else {
      fail(volume.name(), "its kind is not served by this node");
    }
  }

  /** A pod that has had its files keeps them when nobody can tell them any more. */
  private void files(Pod.Volume volume, String own) {
    var id = new VolumeId(kind(volume).plugin(), own);
    var memory = FilesOfPod.secret(volume);
    try {
      var files = lookups.files().of(volume);
      add(volume.name(), id, volume.name(), new VolumeSource.Files(files, memory, ""), true);
    } catch (MissingConfig e) {
      if (started || earlier.volumes().containsKey(volume.name())) {
        var kept = new VolumeSource.Files(FileSet.NONE, memory, e.reason());
        add(volume.name(), id, volume.name(), kept, true);
      } else {
        fail(volume.name(), e.reason());
      }
    }
  }

  private static FileVolumes.Kind kind(Pod.Volume volume) {
    if (volume.configMap() != null) {
      return FileVolumes.Kind.CONFIG_MAP;
    }
    if (volume.secret() != null) {
      return FileVolumes.Kind.SECRET;
    }
    return volume.downwardAPI() != null
        ? FileVolumes.Kind.DOWNWARD_API
        : FileVolumes.Kind.PROJECTED;
  }

  /**
   * @param own whether the claim must have been made for this pod
   */
  private void claimed(String name, Pod.ClaimSource source, boolean own) {
    var found = lookups.claim().apply(ref.namespace(), source.claimName());
    if (found.isEmpty()) {
      fail(name, "persistentvolumeclaim %s does not exist".formatted(source.claimName()));
      return;
    }
    var claim = found.get();
    if (own && !pod.owns(claim)) {
      fail(
          name,
          "persistentvolumeclaim %s was not made for this pod's ephemeral volume; delete it, or call"
                  .formatted(source.claimName())
              + " the pod something else");
      return;
    }
    if (claim.metadata().deleting() && !started) {
      fail(name, "persistentvolumeclaim %s is being deleted".formatted(source.claimName()));
      return;
    }
    if (claim.volumeName().isEmpty() || !claim.phase().equals(PersistentVolumeClaim.BOUND)) {
      fail(
          name,
          "persistentvolumeclaim %s is not bound to a volume yet (it is %s)"
              .formatted(source.claimName(), claim.phase()));
      return;
    }
    var volume = lookups.volume().apply(claim.volumeName());
    if (volume.isEmpty()) {
      fail(
          name,
          "persistentvolumeclaim %s is bound to volume %s, which does not exist"
              .formatted(source.claimName(), claim.volumeName()));
      return;
    }
    bound(name, source, claim, volume.get());
  }

  private void bound(
      String name, Pod.ClaimSource source, PersistentVolumeClaim claim, PersistentVolume volume) {
    var claimRef = volume.spec().claimRef();
    if (claimRef == null || !claimRef.uid().equals(claim.metadata().uid())) {
      fail(
          name,
          "volume %s belongs to %s, not to persistentvolumeclaim %s (uid %s)"
              .formatted(
                  volume.metadata().name(),
                  claimRef == null
                      ? "no claim"
                      : "%s/%s (uid %s)"
                          .formatted(claimRef.namespace(), claimRef.name(), claimRef.uid()),
                  source.claimName(),
                  claim.metadata().uid()));
      return;
    }
    if (!volume.reachableFrom(lookups.nodeName(), lookups.nodeLabels())) {
      fail(
          name,
          "volume %s cannot be reached from node %s: its node affinity does not match"
              .formatted(volume.metadata().name(), lookups.nodeName()));
      return;
    }
    if (WipeProtocol.isDirty(volume)) {
      fail(
          name,
          "volume %s still holds the data of an earlier claim, which is being wiped"
              .formatted(volume.metadata().name()));
      return;
    }
    if (volume.block() != use.devices().contains(name)) {
      fail(
          name,
          "volume %s has volumeMode %s; name it in the containers' %s, not in their %s"
              .formatted(
                  volume.metadata().name(),
                  volume.block() ? "Block" : "Filesystem",
                  volume.block() ? "volumeDevices" : "volumeMounts",
                  volume.block() ? "volumeMounts" : "volumeDevices"));
      return;
    }
    if (volume.block()) {
      block(name, source.readOnly(), volume);
    } else {
      persistent(name, source.readOnly(), volume);
    }
  }

  private void block(String name, boolean readOnly, PersistentVolume volume) {
    var volumeName = volume.metadata().name();
    var disk = DiskSource.of(volume);
    if (disk.isEmpty()) {
      fail(
          name,
          "volume %s has volumeMode Block, which this node serves for local and loop volumes only"
              .formatted(volumeName));
    } else if (!volume.spec().mountOptions().isEmpty()) {
      fail(
          name,
          "volume %s has volumeMode Block: its mountOptions %s cannot be applied; remove them"
              .formatted(volumeName, volume.spec().mountOptions()));
    } else {
      add(name, disk.get(), readOnly, volume);
    }
  }

  private void persistent(String name, boolean readOnly, PersistentVolume volume) {
    var disk = DiskSource.of(volume);
    var hostPath = volume.spec().hostPath();
    var nfs = volume.spec().nfs();
    var volumeName = volume.metadata().name();
    if (disk.isPresent()) {
      add(name, disk.get(), readOnly, volume);
    } else if (nfs != null) {
      var id = alone(volume) ? new VolumeId(NfsVolumes.NAME, volumeName) : nfsId(volumeName);
      nfs(name, nfs, volume.spec().mountOptions(), readOnly)
          .ifPresent(source -> add(name, id, volumeName, source, readOnly, volume));
    } else if (hostPath != null && volume.spec().mountOptions().isEmpty()) {
      hostPath(name, hostPath).ifPresent(source -> addPath(name, source, readOnly, volume));
    } else if (hostPath != null) {
      fail(
          name,
          "volume %s is a hostPath: its mountOptions %s cannot be applied; remove them"
              .formatted(volumeName, volume.spec().mountOptions()));
    } else {
      fail(name, "volume %s has a source that this node does not serve".formatted(volumeName));
    }
  }

  private void add(String name, DiskSource disk, boolean readOnly, PersistentVolume volume) {
    add(name, disk.id(), volume.metadata().name(), disk.source(), readOnly, volume);
  }

  private void add(
      String name,
      VolumeId id,
      String directory,
      VolumeSource source,
      boolean readOnly,
      PersistentVolume volume) {
    var claim = Optional.ofNullable(volume.spec().claimRef());
    volumes.add(
        new PodVolume(
            ref,
            name,
            id,
            directory,
            source,
            readOnly,
            fsGroup(),
            alone(volume),
            claim.map(PersistentVolume.ClaimReference::name).orElse("")));
  }

  private static boolean alone(PersistentVolume volume) {
    return volume.spec().accessModes().equals(List.of("ReadWriteOncePod"));
  }

  private VolumeId nfsId(String directory) {
    return new VolumeId(NfsVolumes.NAME, ref.uid() + "-" + directory);
  }

  private Optional<VolumeSource> nfs(
      String name, PersistentVolume.Nfs source, List<String> mountOptions, boolean readOnly) {
    if (use.parts().contains(name)) {
      fail(
          name,
          "parts (subPath) of an nfs volume are not shown: its server could stop answering while the"
              + " part is looked for; export the part and name it as a volume of its own");
      return Optional.empty();
    }
    var options = new ArrayList<>(mountOptions);
    if (source.readOnly() || readOnly) {
      options.add("ro");
    }
    return Optional.of(new VolumeSource.Nfs(source.server() + ":" + source.path(), options));
  }

  private Optional<VolumeSource> hostPath(String name, PersistentVolume.HostPath source) {
    var text = source.type() == null ? "" : source.type();
    var type = HostPathType.of(text);
    if (type.isEmpty()) {
      fail(
          name,
          "hostPath type %s is not known; expected one of %s"
              .formatted(text, HostPathType.known()));
    }
    return type.map(known -> new VolumeSource.HostPath(Path.of(source.path()), known));
  }

  /** All pods know it by one name if only one of them may have it. */
  private void addPath(
      String name, VolumeSource source, boolean readOnly, PersistentVolume volume) {
    var directory = volume.metadata().name();
    var own = alone(volume) ? directory : ref.uid() + "-" + name;
    var id = new VolumeId(HostPaths.NAME, own);
    add(name, id, directory, source, readOnly, volume);
  }

  private void add(
      String name, VolumeId id, String directory, VolumeSource source, boolean readOnly) {
    volumes.add(new PodVolume(ref, name, id, directory, source, readOnly, fsGroup()));
  }

  private Optional<FsGroup> fsGroup() {
    var security = pod.spec().securityContext();
    return security == null || security.fsGroup() == null
        ? Optional.empty()
        : Optional.of(
            new FsGroup(
                security.fsGroup(), "OnRootMismatch".equals(security.fsGroupChangePolicy())));
  }

  private void fail(String name, String message) {
    unresolved.add(new PodDemand.Unresolved(name, "volume \"%s\": %s".formatted(name, message)));
  }
}
