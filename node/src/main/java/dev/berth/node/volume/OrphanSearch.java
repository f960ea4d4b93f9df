package dev.berth.node.volume;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDevices;
import dev.berth.node.disk.LoopImages;
import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.plugin.LocalMemory;
import dev.berth.node.plugin.LoopProvisioner;
import dev.berth.node.plugin.LoopVolumes;
import dev.berth.node.plugin.VolumeObjects;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.plugin.VolumePlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for {@link Orphan}s, and takes away those that hold no data: loop devices that this node
 * has attached, and directories of pods without volumes. What it compares with is read whole from
 * the API at each look.
 */
final class OrphanSearch {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanSearch.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String IMAGE = LoopImages.file(Path.of(""), "").toString();

  /** Of a pod's directory: what is in them may be a volume's. */
  private static final List<String> VOLUMES =
      List.of("volumes", "volumeDevices", "volume-subpaths");

  /**
   * What it works with.
   *
   * @param pools directories of images, by name
   * @param memory what the node remembers
   * @param groups the control groups of pods
   */
  record Parts(
      VolumePaths paths,
      MountReader mounts,
      Collection<VolumePlugin> plugins,
      Map<String, Path> pools,
      LocalMemory memory,
      LoopDevices loops,
      ChildProcesses children,
      SafeRemoval removal,
      NodeVolumes.ControlGroups groups) {}

  private final String nodeName;
  private final Parts parts;
  private final Resources resources;
  private final VolumeObjects objects;
  private final Predicate<PersistentVolume> here;

  OrphanSearch(
      String nodeName,
      Parts parts,
      Resources resources,
      VolumeObjects objects,
      Predicate<PersistentVolume> here) {
    this.nodeName = nodeName;
    this.parts = parts;
    this.resources = resources;
    this.objects = objects;
    this.here = here;
  }

  /** All that is there now; an operation under way may look like one for a moment. */
  SortedSet<Orphan> find() throws IOException, InterruptedException {
    var orphans = new TreeSet<Orphan>();
    // What is there is read before the objects that may name it: a new one is never an orphan.
    var mounts = parts.mounts().read();
    var directories = list(parts.paths().pods());
    var images = images();
    var loops = attached();
    var groups = parts.groups().read();
    var pods = pods();
    var volumes = objects.all().stream().filter(here).toList();
    var names = new HashSet<String>();
    volumes.forEach(volume -> names.add(volume.metadata().name()));
    for (var mount : mounts.below(parts.paths().root())) {
      var target = Path.of(mount.target());
      if (!wanted(target, pods, names)) {
        orphans.add(new Orphan(Orphan.Kind.MOUNT, mount.target()));
      }
    }
    for (var directory : directories) {
      if (!pods.contains(String.valueOf(directory.getFileName()))) {
        orphans.add(new Orphan(Orphan.Kind.POD_DIRECTORY, directory.toString()));
      }
    }
    groups.forEach(
        (directory, pod) -> {
          if (!pods.contains(pod)) {
            orphans.add(new Orphan(Orphan.Kind.CONTROL_GROUP, directory.toString()));
          }
        });
    var named = named(volumes);
    for (var image : images) {
      if (!named.contains(image)) {
        orphans.add(new Orphan(Orphan.Kind.IMAGE, image.toString()));
      }
    }
    var staged = staged(volumes);
    for (var loop : loops.entrySet()) {
      if (!staged.contains(loop.getValue())) {
        orphans.add(
            new Orphan(
                Orphan.Kind.LOOP_DEVICE, "/dev/loop" + loop.getKey() + " of " + loop.getValue()));
      }
    }
    return orphans;
  }

  private Set<String> pods() {
    var ofNode = new ListOptions(null, "spec.nodeName=" + nodeName, 0, null, null, null);
    var uids = new HashSet<String>();
    for (var stored : resources.list(ResourceTypes.POD, null, ofNode).objects()) {
      uids.add(Json.view(stored.document(), Pod.class).metadata().uid());
    }
    return uids;
  }

  /** Whether a pod or a volume is there for what is mounted at a place. */
  private boolean wanted(Path target, Set<String> pods, Set<String> volumes) {
    var paths = parts.paths();
    if (target.startsWith(paths.pods())) {
      return pods.contains(paths.pods().relativize(target).getName(0).toString());
    }
    for (var plugin : parts.plugins()) {
      var mounts = paths.plugin(plugin.name()).resolve("mounts");
      var devices = paths.blockPlaces(plugin.name());
      for (var place : List.of(mounts, devices)) {
        if (target.startsWith(place) && !target.equals(place)) {
          return volumes.contains(place.relativize(target).getName(0).toString());
        }
      }
    }
    // Those of containers are the runtime's to know.
    return true;
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  /** The images in all pools whose file systems answer. */
  private Set<Path> images() throws InterruptedException {
    var found = new HashSet<Path>();
    for (var pool : parts.pools().values()) {
      var command = ChildCommand.of(Deadline.byClock(PATIENCE), "ls", "-1", "--", pool.toString());
      if (parts.children().run(command) instanceof ChildResult.Exited exited && exited.ok()) {
        exited
            .out()
            .lines()
            .filter(name -> name.endsWith(IMAGE))
            .forEach(name -> found.add(pool.resolve(name)));
      }
    }
    return found;
  }

  private Set<Path> named(List<PersistentVolume> volumes) {
    var named = new HashSet<Path>();
    for (var volume : volumes) {
      image(volume).ifPresent(named::add);
    }
    return named;
  }

  private Optional<Path> image(PersistentVolume volume) {
    var source = volume.spec().csi();
    return source != null && source.driver().equals(LoopVolumes.NAME)
        ? Optional.ofNullable(parts.pools().get(LoopProvisioner.pool(source)))
            .map(pool -> LoopImages.file(pool, source.volumeHandle()))
        : Optional.empty();
  }

  /** The images of volumes that are prepared, or are being so. */
  private Set<Path> staged(List<PersistentVolume> volumes) {
    var staged = new HashSet<Path>();
    for (var volume : volumes) {
      if (Files.exists(parts.paths().stagedRecord(LoopVolumes.id(volume.metadata().name())))) {
        image(volume).ifPresent(staged::add);
      }
    }
    return staged;
  }

  /** The loop devices of files in pools, by their numbers. */
  private Map<Integer, Path> attached() throws IOException {
    var found = new HashMap<>(parts.loops().bound());
    found.values().removeIf(file -> !parts.pools().containsValue(file.getParent()));
    return found;
  }

  /** Takes one away, if nothing can be lost by that; whether it is gone. */
  boolean remove(Orphan orphan) throws IOException {
    return switch (orphan.kind()) {
      case LOOP_DEVICE -> detach(orphan);
      case POD_DIRECTORY -> removeDirectory(Path.of(orphan.what()));
      case MOUNT, CONTROL_GROUP, IMAGE -> false;
    };
  }

  /** Somebody else may have attached an image to look at it: then it is left. */
  private boolean detach(Orphan orphan) throws IOException {
    for (var loop : attached().entrySet()) {
      var file = loop.getValue();
      var same = orphan.what().equals("/dev/loop" + loop.getKey() + " of " + file);
      if (same && parts.memory().images().contains(file)) {
        return parts.loops().detach(loop.getKey(), file);
      }
    }
    return false;
  }

  private boolean removeDirectory(Path pod) throws IOException {
    if (!parts.mounts().read().below(pod).isEmpty()) {
      return false;
    }
    for (var name : VOLUMES) {
      if (!list(pod.resolve(name)).isEmpty()) {
        return false;
      }
    }
    var result = parts.removal().removeTree(pod, SafeRemoval.Immutable.STOP);
    LOG.info("the directory of a pod that is gone was removed: {}", result);
    return result instanceof SafeRemoval.Result.Removed;
  }
}
