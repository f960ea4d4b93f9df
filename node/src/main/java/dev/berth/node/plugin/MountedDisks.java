package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.ProbeResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** Recognises the disks that are mounted: whether each is the one of its volume. */
final class MountedDisks {
  private final String plugin;
  private final DiskTools disks;
  private final MountTools tools;
  private final VolumePaths paths;
  private final KnownDisks memory;
  private final DiskMounter mounter;
  private final InstantSource clock;

  /**
   * @param plugin under whose name they are mounted
   */
  MountedDisks(
      String plugin,
      DiskTools disks,
      MountTools tools,
      VolumePaths paths,
      KnownDisks memory,
      DiskMounter mounter,
      InstantSource clock) {
    this.plugin = plugin;
    this.disks = disks;
    this.tools = tools;
    this.paths = paths;
    this.memory = memory;
    this.mounter = mounter;
    this.clock = clock;
  }

  /** Reads the UUIDs of all disks that are mounted here already; those that fit are examined. */
  void recognise(List<StagedVolume> found) throws IOException, InterruptedException {
    record Mounted(KnownDisk known, Path target, MountEntry mount) {}
    var mounted = new LinkedHashMap<BlockDevice, Mounted>();
    var kinds = new LinkedHashMap<BlockDevice, FileSystemKind>();
    for (var volume : found) {
      var target = paths.stagedMount(volume.id());
      var mount = tools.table().read().at(target);
      var known = memory.of(volume.uid());
      var kind = mount.flatMap(shown -> FileSystemKind.ofType(shown.type()));
      if (known.isPresent()
          && kind.isPresent()
          && disks.devices().find(Path.of(known.get().path()))
              instanceof DeviceLookup.Found(var device)
          && DiskMounter.shows(mount.get(), device)) {
        mounted.put(device, new Mounted(known.get(), target, mount.get()));
        kinds.put(device, kind.get());
      }
    }
    if (mounted.isEmpty()) {
      return;
    }
    var begun = clock.instant();
    for (var read : disks.fileSystems().uuids(kinds).entrySet()) {
      var disk = mounted.get(read.getKey());
      if (disk != null
          && disk.known().fsUuid().equalsIgnoreCase(read.getValue())
          && tools.table().read().at(disk.target()).stream()
              .anyMatch(now -> now.id() == disk.mount().id())) {
        mounter.examined(disk.known().uid(), disk.mount(), begun);
      }
    }
  }

  /** Whether the disk at the volume's path is the one that is mounted, with the right content. */
  Optional<Problem> verify(VolumeSource.Local volume, BlockDevice device)
      throws IOException, InterruptedException {
    var target = paths.stagedMount(new VolumeId(plugin, volume.volume()));
    var mounted = tools.table().read().at(target);
    if (mounted.isEmpty()) {
      return Optional.of(
          Problem.mount("volume %s is no longer mounted at %s".formatted(volume.volume(), target)));
    }
    var known = memory.of(volume.uid());
    if (known.isEmpty()) {
      return Optional.of(
          Problem.mismatch(
              "something is mounted at %s that this node does not remember to have mounted for"
                      .formatted(target)
                  + " volume %s; unmount it".formatted(volume.volume())));
    }
    return verify(volume, device, known.get().fsUuid(), known);
  }

  /**
   * @param uuid of the file system that has to be mounted
   * @param known what is remembered of the disk
   */
  Optional<Problem> verify(
      VolumeSource.Local volume, BlockDevice device, String uuid, Optional<KnownDisk> known)
      throws IOException, InterruptedException {
    var target = paths.stagedMount(new VolumeId(plugin, volume.volume()));
    var mounted = tools.table().read().at(target);
    if (mounted.isEmpty() || !DiskMounter.shows(mounted.get(), device)) {
      return Optional.of(
          Problem.mismatch(
              "volume %s: %s is device %s now, mounted is device %s with UUID %s; connect the right"
                      .formatted(
                          volume.volume(),
                          device,
                          device.identity().number(),
                          mounted.map(mount -> mount.device().toString()).orElse("none"),
                          uuid)
                  + " disk"));
    }
    if (mounter.justExamined(volume, mounted.get())) {
      return contradiction(volume, device, uuid, known);
    }
    var begun = clock.instant();
    var probe = disks.fileSystems().probe(device);
    return switch (probe) {
      case ProbeResult.Content content when content.uuid().equalsIgnoreCase(uuid) -> {
        mounter.examined(volume.uid(), mounted.get(), begun);
        yield contradiction(volume, device, uuid, known);
      }
      case ProbeResult.NoAnswer(var text) -> Optional.of(silent(volume, device, text));
      case ProbeResult.Unreadable(var text) -> Optional.of(silent(volume, device, text));
      case ProbeResult.Nothing _,
          ProbeResult.Content _,
          ProbeResult.PartitionTable _,
          ProbeResult.Ambivalent _ ->
          Optional.of(
              Problem.mismatch(
                  "volume %s: expected UUID %s on %s, found %s; connect the right disk"
                      .formatted(volume.volume(), uuid, device, probe.text())));
    };
  }

  private static Problem silent(VolumeSource.Local volume, BlockDevice device, String text) {
    return Problem.mount(
        "volume %s: its disk %s cannot be examined: %s".formatted(volume.volume(), device, text));
  }

  /** Why a disk with the right UUID is another one than the volume had before, if so. */
  static Optional<Problem> contradiction(
      VolumeSource.Local volume, BlockDevice device, String uuid, Optional<KnownDisk> known) {
    return known
        .filter(disk -> disk.fsUuid().equalsIgnoreCase(uuid))
        .flatMap(disk -> DiskIdentities.contradiction(disk.device(), device.identity()))
        .map(
            why ->
                Problem.mismatch(
                    "the disk %s carries the UUID %s of volume %s, but it is another disk: %s. If it"
                            .formatted(device, uuid, volume.volume(), why)
                        + " is to replace the old one, give its file system a new UUID and set the"
                        + " annotation "
                        + VolumeObjects.FS_UUID
                        + " of the volume to it"));
  }
}
