package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.MountEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Local volumes: a block device that is formatted and mounted once for the node, or a directory
 * that is a mount point of its own; either is then bound into the directories of its pods. Or a
 * block device as it is.
 *
 * <p>Which of the two a path leads to is found out at every use: the disk behind a path can change.
 */
public final class LocalVolumes implements VolumePlugin {
  public static final String NAME = "kubernetes.io/local-volume";

  private final String plugin;
  private final LocalDisks disks;
  private final LocalBlocks blocks;
  private final LocalDirectories directories;
  private final LocalPlaces places;
  private final DisksInHand inHand;
  private final PodMounts mounts;
  private final PodFiles files;
  private final VolumePaths paths;

  public LocalVolumes(
      LocalDisks disks,
      LocalBlocks blocks,
      LocalDirectories directories,
      LocalPlaces places,
      DisksInHand inHand,
      MountTools tools,
      PodFiles files,
      VolumePaths paths) {
    this(NAME, disks, blocks, directories, places, inHand, tools, files, paths);
  }

  /**
   * Serves the devices of another plugin.
   *
   * @param plugin under whose name they are mounted
   */
  public LocalVolumes(
      String plugin,
      LocalDisks disks,
      LocalBlocks blocks,
      LocalDirectories directories,
      LocalPlaces places,
      DisksInHand inHand,
      MountTools tools,
      PodFiles files,
      VolumePaths paths) {
    this.plugin = plugin;
    this.disks = disks;
    this.blocks = blocks;
    this.directories = directories;
    this.places = places;
    this.inHand = inHand;
    this.mounts = new PodMounts(tools);
    this.files = files;
    this.paths = paths;
  }

  /** The name of the volume of a PersistentVolume. */
  public static VolumeId id(String persistentVolume) {
    return new VolumeId(NAME, persistentVolume);
  }

  @Override
  public String name() {
    return plugin;
  }

  @Override
  public boolean staged() {
    return true;
  }

  @Override
  public void recognise(List<StagedVolume> found) throws IOException, InterruptedException {
    disks.recognise(found.stream().filter(volume -> volume.id().plugin().equals(plugin)).toList());
  }

  @Override
  public Attempt stage(VolumeSource source) throws IOException, InterruptedException {
    var staged =
        source instanceof VolumeSource.LocalBlock block
            ? new StagedVolume(idOf(block.volume()), block.uid())
            : new StagedVolume(idOf(local(source).volume()), source.uid());
    MountRecords.write(paths.stagedRecord(staged.id()), staged);
    var attempt = prepare(source);
    if (attempt instanceof Attempt.Failed failed && !failed.present()) {
      MountRecords.delete(paths.stagedRecord(staged.id()));
    }
    return attempt;
  }

  /** Prepares the volume; what it is was recorded by the caller. */
  Attempt prepare(VolumeSource source) throws IOException, InterruptedException {
    if (source instanceof VolumeSource.LocalBlock block) {
      return switch (places.find(block.path())) {
        case DeviceLookup.Found(var device) ->
            alone(device, idOf(block.volume()), () -> blocks.stage(block, device));
        case DeviceLookup.NotBlockDevice(_, _, var reason) ->
            Attempt.failed(unusable(block, reason));
        case DeviceLookup.Missing(_, var reason) -> Attempt.failed(unusable(block, reason));
      };
    }
    var local = local(source);
    var id = idOf(local.volume());
    return switch (places.find(local.path())) {
      case DeviceLookup.Found(var device) -> alone(device, id, () -> disks.stage(local, device));
      case DeviceLookup.NotBlockDevice(_, var directory, var reason) ->
          directory ? directories.stage(local) : absent(id, unusable(local, reason));
      case DeviceLookup.Missing(_, var reason) -> absent(id, unusable(local, reason));
    };
  }

  /** Something that is done to a disk. */
  @FunctionalInterface
  private interface Work {
    Attempt carryOut() throws IOException, InterruptedException;
  }

  private Attempt alone(BlockDevice device, VolumeId volume, Work work)
      throws IOException, InterruptedException {
    var other = inHand.take(device, volume.name());
    if (other.isPresent()) {
      return absent(volume, Problem.mount("volume %s: %s".formatted(volume.name(), other.get())));
    }
    try {
      return work.carryOut();
    } finally {
      inHand.giveBack(device);
    }
  }

  private VolumeId idOf(String persistentVolume) {
    return new VolumeId(plugin, persistentVolume);
  }

  private static Problem unusable(VolumeSource.LocalBlock volume, String reason) {
    return Problem.mount(
        "volume %s: %s; expected a block device at %s, because its volumeMode is Block"
            .formatted(volume.volume(), reason, volume.path()));
  }

  /** A disk that is gone, or in other hands, may still be mounted. */
  private Attempt absent(VolumeId id, Problem problem) throws IOException {
    return new Attempt.Failed(problem, mounts.table().at(paths.stagedMount(id)).isPresent());
  }

  private static Problem unusable(VolumeSource.Local volume, String reason) {
    return Problem.mount(
        "volume %s: %s; expected a block device or a mounted directory at %s"
            .formatted(volume.volume(), reason, volume.path()));
  }

  @Override
  public Attempt unstage(StagedVolume volume) throws IOException, InterruptedException {
    var attempt = putAway(volume);
    if (attempt instanceof Attempt.Done) {
      MountRecords.delete(paths.stagedRecord(volume.id()));
    }
    return attempt;
  }

  /** Undoes {@link #prepare}. */
  Attempt putAway(StagedVolume volume) throws IOException, InterruptedException {
    return disks.unstage(volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    if (volume.source() instanceof VolumeSource.LocalBlock block) {
      MountRecords.write(paths.podRecord(volume.published()), volume.published());
      return switch (places.find(block.path())) {
        case DeviceLookup.Found(var device) -> blocks.publish(volume, block, device);
        case DeviceLookup.NotBlockDevice(_, _, var reason) ->
            new Attempt.Failed(unusable(block, reason), true);
        case DeviceLookup.Missing(_, var reason) ->
            new Attempt.Failed(unusable(block, reason), true);
      };
    }
    var local = local(volume.source());
    var target = hostPath(volume);
    var problem = verifySource(volume);
    if (problem.isPresent()) {
      return new Attempt.Failed(problem.get(), mounts.table().at(target).isPresent());
    }
    var from = source(local);
    var mount = mounts.table().containing(from);
    if (mount.isEmpty()) {
      return Attempt.failed(Problem.mount(from + " is no longer mounted"));
    }
    MountRecords.write(paths.podRecord(volume.published()), volume.published());
    if (volume.fsGroup().isPresent() && !volume.readOnly() && !local.readOnly()) {
      var other = mounts.otherPodWith(volume.published(), paths);
      var group = volume.fsGroup().get();
      if (other.isPresent() && !files.has(from, group)) {
        directories.tell(
            local.volume(),
            "AlreadyMountedVolume",
            ("pod %s wants its files for group %d, but another pod has the volume already, whose files"
                    + " are left as they are")
                .formatted(volume.pod(), group.gid()));
      }
      var given = other.isPresent() ? Attempt.DONE : files.give(from, group);
      if (!(given instanceof Attempt.Done)) {
        return given;
      }
    }
    return mounts.show(from, mount.get(), target, volume.readOnly());
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException {
    var attempt = blocks.unpublish(volume);
    if (attempt instanceof Attempt.Done) {
      attempt = mounts.takeAway(paths.podVolume(volume));
    }
    if (attempt instanceof Attempt.Done) {
      MountRecords.delete(paths.podRecord(volume));
    }
    return attempt;
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException, InterruptedException {
    if (volume.source() instanceof VolumeSource.LocalBlock block) {
      return switch (places.find(block.path())) {
        case DeviceLookup.Found(var device) -> blocks.verify(volume, block, device);
        case DeviceLookup.NotBlockDevice(_, _, var reason) -> Optional.of(unusable(block, reason));
        case DeviceLookup.Missing(_, var reason) -> Optional.of(unusable(block, reason));
      };
    }
    var problem = verifySource(volume);
    if (problem.isPresent()) {
      return problem;
    }
    var local = local(volume.source());
    var table = mounts.table();
    var shown = table.at(hostPath(volume));
    var source = table.containing(source(local));
    var same =
        shown.isPresent()
            && source.isPresent()
            && shown.get().device().equals(source.get().device());
    return same
        ? Optional.empty()
        : Optional.of(
            Problem.mount(
                "volume %s: %s shows %s, expected %s"
                    .formatted(
                        local.volume(),
                        hostPath(volume),
                        shown.map(MountEntry::source).orElse("nothing"),
                        source.map(MountEntry::source).orElse("the volume"))));
  }

  private Optional<Problem> verifySource(PodVolume volume)
      throws IOException, InterruptedException {
    var local = local(volume.source());
    return switch (places.find(local.path())) {
      case DeviceLookup.Found(var device) -> disks.verify(local, device);
      case DeviceLookup.NotBlockDevice(_, var directory, var reason) ->
          directory ? directories.verify(local) : Optional.of(unusable(local, reason));
      case DeviceLookup.Missing(_, var reason) -> Optional.of(unusable(local, reason));
    };
  }

  /** The disk's mount for the node, or the directory itself. */
  private Path source(VolumeSource.Local local) throws IOException {
    var staged = paths.stagedMount(idOf(local.volume()));
    return mounts.table().at(staged).isPresent() ? staged : local.path();
  }

  @Override
  public Growth grow(PodVolume volume, long bytes) throws IOException, InterruptedException {
    var path =
        volume.source() instanceof VolumeSource.LocalBlock block
            ? block.path()
            : local(volume.source()).path();
    return switch (places.find(path)) {
      case DeviceLookup.Found(var device) -> {
        if (device.sizeBytes() < bytes) {
          yield new Growth.Failed(
              "%s has %d bytes, the volume is to have %d: make the disk larger first"
                  .formatted(device, device.sizeBytes(), bytes));
        }
        yield volume.source() instanceof VolumeSource.LocalBlock block
            ? blocks.grow(block, device)
            : disks.grow(local(volume.source()), device);
      }
      case DeviceLookup.NotBlockDevice(_, _, var reason) ->
          new Growth.Later(reason + ": what is mounted there is grown by whoever mounted it");
      case DeviceLookup.Missing(_, var reason) -> new Growth.Failed(reason);
    };
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return hostPath(volume.published(), volume.source() instanceof VolumeSource.LocalBlock);
  }

  Path hostPath(PublishedVolume volume, boolean block) {
    return block ? blocks.place(volume) : paths.podVolume(volume);
  }

  private static VolumeSource.Local local(VolumeSource source) {
    if (source instanceof VolumeSource.Local local) {
      return local;
    }
    throw new IllegalArgumentException("not a local volume: " + source);
  }
}
