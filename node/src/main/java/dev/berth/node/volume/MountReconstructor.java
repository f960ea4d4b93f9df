package dev.berth.node.volume;

import dev.berth.node.disk.MountReader;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.SyncedJson;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.plugin.VolumePlugin;
import dev.berth.node.runtime.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what an earlier process left: the records beside the mounts, and the mounts themselves. A
 * record without a mount is an operation that was cut short, or a reboot; a mount without a record
 * is one whose record was lost: both are taken over as uncertain, so that they are either completed
 * or taken away.
 */
final class MountReconstructor {
  private static final Logger LOG = LoggerFactory.getLogger(MountReconstructor.class);
  private static final String RECORD = ".json";

  private final VolumePaths paths;
  private final MountReader mounts;
  private final Map<String, VolumePlugin> plugins = new HashMap<>();

  MountReconstructor(VolumePaths paths, MountReader mounts, Collection<VolumePlugin> plugins) {
    this.paths = paths;
    this.mounts = mounts;
    plugins.forEach(plugin -> this.plugins.put(plugin.name(), plugin));
  }

  Reconstruction reconstruct() throws IOException {
    var staged = new LinkedHashMap<VolumeId, StagedVolume>();
    var published = new LinkedHashMap<PublishedVolume.Key, PublishedVolume>();
    for (var plugin : plugins.values()) {
      if (plugin.staged()) {
        recorded(plugin, staged);
      }
    }
    for (var pod : directories(paths.pods())) {
      recorded(pod, published);
    }
    mounted(staged, published);
    for (var plugin : plugins.values()) {
      if (plugin.staged()) {
        unrecorded(plugin, staged);
      }
    }
    for (var pod : directories(paths.pods())) {
      unrecorded(pod, published);
    }
    for (var plugin : plugins.values()) {
      unrecordedDevices(plugin, published);
    }
    return new Reconstruction(List.copyOf(staged.values()), List.copyOf(published.values()));
  }

  /**
   * Finds what is mounted now, whoever did it: an abandoned program of an earlier process may still
   * mount something at any time.
   */
  Reconstruction mounted() throws IOException {
    var staged = new LinkedHashMap<VolumeId, StagedVolume>();
    var published = new LinkedHashMap<PublishedVolume.Key, PublishedVolume>();
    mounted(staged, published);
    return new Reconstruction(List.copyOf(staged.values()), List.copyOf(published.values()));
  }

  private void mounted(
      Map<VolumeId, StagedVolume> staged, Map<PublishedVolume.Key, PublishedVolume> published)
      throws IOException {
    for (var mount : mounts.read().entries()) {
      var target = Path.of(mount.target());
      if (target.startsWith(paths.root())) {
        stagedAt(target).ifPresent(volume -> staged.putIfAbsent(volume.id(), volume));
        publishedAt(target).ifPresent(volume -> published.putIfAbsent(volume.key(), volume));
      }
    }
  }

  private void recorded(VolumePlugin plugin, Map<VolumeId, StagedVolume> staged)
      throws IOException {
    for (var file : files(paths.stagedRecords(plugin.name()))) {
      read(file, StagedVolume.class).ifPresent(volume -> staged.put(volume.id(), volume));
    }
  }

  private void recorded(Path pod, Map<PublishedVolume.Key, PublishedVolume> published)
      throws IOException {
    for (var kind : directories(paths.podRecords(name(pod)))) {
      for (var file : files(kind)) {
        read(file, PublishedVolume.class).ifPresent(volume -> published.put(volume.key(), volume));
      }
    }
  }

  /** A record that cannot be read is as good as none: the mount and the directories still tell. */
  private static <T> Optional<T> read(Path file, Class<T> type) {
    try {
      return SyncedJson.read(file, type);
    } catch (IOException e) {
      LOG.warn("an unreadable record is passed over: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /** ROOT/plugins/PLUGIN/mounts/NAME. */
  private Optional<StagedVolume> stagedAt(Path target) {
    for (var plugin : plugins.values()) {
      if (plugin.staged() && target.startsWith(paths.plugin(plugin.name()).resolve("mounts"))) {
        var id = new VolumeId(plugin.name(), name(target));
        if (paths.stagedMount(id).equals(target)) {
          return Optional.of(new StagedVolume(id, ""));
        }
      }
    }
    return Optional.empty();
  }

  /** ROOT/pods/UID/volumes/PLUGIN/NAME. */
  private Optional<PublishedVolume> publishedAt(Path target) {
    for (var plugin : plugins.values()) {
      if (target.startsWith(paths.blockPlaces(plugin.name()))) {
        return deviceAt(plugin, paths.blockPlaces(plugin.name()).relativize(target));
      }
    }
    if (!target.startsWith(paths.pods())) {
      return Optional.empty();
    }
    var parts = paths.pods().relativize(target);
    if (parts.getNameCount() != 4 || !parts.getName(1).toString().equals("volumes")) {
      return Optional.empty();
    }
    var uid = parts.getName(0).toString();
    var kind = parts.getName(2).toString();
    var directory = parts.getName(3).toString();
    return plugins.values().stream()
        .filter(plugin -> plugin.name().replace('/', '~').equals(kind))
        .findFirst()
        .map(
            plugin -> {
              var name = plugin.staged() ? directory : uid + "-" + directory;
              return new PublishedVolume(
                  new VolumeId(plugin.name(), name),
                  "",
                  new PodRef(uid, "", uid),
                  directory,
                  directory);
            });
  }

  /** ROOT/plugins/PLUGIN/volumeDevices/NAME/UID. */
  private static Optional<PublishedVolume> deviceAt(VolumePlugin plugin, Path rest) {
    if (rest.getNameCount() != 2) {
      return Optional.empty();
    }
    var name = rest.getName(0).toString();
    var uid = rest.getName(1).toString();
    return Optional.of(
        new PublishedVolume(
            new VolumeId(plugin.name(), name), "", new PodRef(uid, "", uid), name, name));
  }

  /** Bare mount points that nothing else told of: a power cut may undo the removal of one. */
  private void unrecorded(VolumePlugin plugin, Map<VolumeId, StagedVolume> staged)
      throws IOException {
    for (var place : directories(paths.plugin(plugin.name()).resolve("mounts"))) {
      stagedAt(place).ifPresent(volume -> staged.putIfAbsent(volume.id(), volume));
    }
  }

  /** Directories of volumes that nothing else told of: half-made or half-removed ones. */
  private void unrecorded(Path pod, Map<PublishedVolume.Key, PublishedVolume> published)
      throws IOException {
    for (var kind : directories(paths.podVolumes(name(pod)))) {
      for (var volume : directories(kind)) {
        publishedAt(volume).ifPresent(found -> published.putIfAbsent(found.key(), found));
      }
    }
  }

  /** Places of devices that nothing else told of: a power cut may keep one, and not its record. */
  private void unrecordedDevices(
      VolumePlugin plugin, Map<PublishedVolume.Key, PublishedVolume> published) throws IOException {
    for (var volume : directories(paths.blockPlaces(plugin.name()))) {
      for (var place : directories(volume)) {
        publishedAt(place).ifPresent(found -> published.putIfAbsent(found.key(), found));
      }
    }
  }

  private static List<Path> directories(Path directory) throws IOException {
    // Whether an entry is a directory is not asked: one may be a mount that does not answer.
    return list(directory);
  }

  private static List<Path> files(Path directory) throws IOException {
    return list(directory).stream().filter(file -> name(file).endsWith(RECORD)).toList();
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return new ArrayList<>(
          entries.filter(entry -> !name(entry).startsWith(".")).sorted().toList());
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
