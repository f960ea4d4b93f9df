package dev.berth.node.plugin;

import dev.berth.core.model.PersistentVolume;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which disks the volumes of a node are on now; from sysfs, the mount table and its own memory. For
 * one thread at a time.
 */
public final class VolumeDisks {
  private final VolumeObjects objects;
  private final LocalPlaces places;
  private final MountTools tools;
  private final VolumePaths paths;
  private final KnownDisks memory;
  private final Predicate<PersistentVolume> here;

  /** The devices of volumes as they were at the last look, by uid. */
  private final Map<String, BlockDevice> described = new HashMap<>();

  /**
   * @param here whether a volume's disk is on this node
   */
  public VolumeDisks(
      VolumeObjects objects,
      LocalPlaces places,
      MountTools tools,
      VolumePaths paths,
      Predicate<PersistentVolume> here) {
    this.objects = objects;
    this.places = places;
    this.tools = tools;
    this.paths = paths;
    this.memory = new KnownDisks(paths);
    this.here = here;
  }

  /**
   * A volume and its disk.
   *
   * @param device at the volume's path now
   * @param mount where it is mounted once for the node
   * @param staged whether this node has prepared it, and it is mounted, or its pods have it as a
   *     raw device
   * @param fsUuid what its file system has to have; empty when it has none, or was never mounted
   * @param wrong why the disk at its path is not the one that was prepared; empty when it is
   */
  public record VolumeDisk(
      PersistentVolume volume,
      VolumeId id,
      Optional<BlockDevice> device,
      Optional<MountEntry> mount,
      boolean staged,
      String fsUuid,
      Optional<String> wrong) {}

  /** All of them; a volume that is a directory, or whose disk was never there, is left out. */
  public List<VolumeDisk> all() throws IOException {
    var table = tools.table().read();
    var disks = new ArrayList<VolumeDisk>();
    var uids = new HashSet<String>();
    for (var volume : objects.all()) {
      if (here.test(volume)) {
        uids.add(volume.metadata().uid());
        of(volume, table).ifPresent(disks::add);
      }
    }
    described.keySet().retainAll(uids);
    return disks;
  }

  /** Whether the volume is still mounted as it was seen. */
  public boolean unchanged(VolumeDisk disk) throws IOException {
    var table = tools.table().read();
    var now = table.at(paths.stagedMount(disk.id()));
    return now.map(MountEntry::id).equals(disk.mount().map(MountEntry::id))
        && disk.staged() == staged(disk.id(), table);
  }

  /** Before and after that its device may be anything: it is being attached, or taken away. */
  private boolean staged(VolumeId id, MountTable table) {
    return Files.exists(paths.stagedRecord(id))
        && (table.at(paths.stagedMount(id)).isPresent()
            || !table.below(paths.blockPlaces(id)).isEmpty());
  }

  private Optional<VolumeDisk> of(PersistentVolume volume, MountTable table) throws IOException {
    var known = memory.of(volume.metadata().uid());
    var local = volume.spec().local();
    var csi = volume.spec().csi();
    var name = volume.metadata().name();
    if (local != null) {
      return of(volume, LocalVolumes.id(name), Path.of(local.path()), known, table);
    }
    // Where an image is attached is remembered only; without being staged it is not attached.
    return csi != null
            && csi.driver().equals(LoopVolumes.NAME)
            && known.isPresent()
            && staged(LoopVolumes.id(name), table)
        ? of(volume, LoopVolumes.id(name), Path.of(known.get().path()), known, table)
        : Optional.empty();
  }

  private Optional<VolumeDisk> of(
      PersistentVolume volume, VolumeId id, Path path, Optional<KnownDisk> known, MountTable table)
      throws IOException {
    var mount = table.at(paths.stagedMount(id));
    var staged = known.isPresent() && staged(id, table);
    var uuid = known.map(KnownDisk::fsUuid).orElse("");
    return switch (find(volume.metadata().uid(), path, table)) {
      case DeviceLookup.Found(var device) ->
          Optional.of(
              new VolumeDisk(
                  volume,
                  id,
                  Optional.of(device),
                  mount,
                  staged,
                  uuid,
                  staged ? wrong(device, mount, known.get()) : Optional.empty()));
      case DeviceLookup.NotBlockDevice(_, _, var reason) -> gone(volume, id, mount, staged, reason);
      case DeviceLookup.Missing(_, var reason) -> gone(volume, id, mount, staged, reason);
    };
  }

  /** Looks the device up; one that is the same as at the last look is not described again. */
  private DeviceLookup find(String uid, Path path, MountTable table) throws IOException {
    var before = described.get(uid);
    if (before != null && before.asked().equals(path) && places.same(path, before, table)) {
      return new DeviceLookup.Found(before);
    }
    var found = places.find(path);
    if (found instanceof DeviceLookup.Found(var device)) {
      described.put(uid, device);
    } else {
      described.remove(uid);
    }
    return found;
  }

  /** What was staged as a disk and is none any more; anything else never was one. */
  private static Optional<VolumeDisk> gone(
      PersistentVolume volume,
      VolumeId id,
      Optional<MountEntry> mount,
      boolean staged,
      String reason) {
    return staged
        ? Optional.of(
            new VolumeDisk(volume, id, Optional.empty(), mount, true, "", Optional.of(reason)))
        : Optional.empty();
  }

  private static Optional<String> wrong(
      BlockDevice device, Optional<MountEntry> mount, KnownDisk known) {
    if (mount.isPresent() && !DiskMounter.shows(mount.get(), device)) {
      return Optional.of(
          "expected device %s, which is mounted with UUID %s, found %s, which is device %s"
              .formatted(mount.get().device(), known.fsUuid(), device, device.identity().number()));
    }
    return DiskIdentities.contradiction(known.device(), device.identity())
        .map(why -> "%s is another disk: %s".formatted(device, why));
  }
}
