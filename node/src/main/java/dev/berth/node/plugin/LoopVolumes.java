package dev.berth.node.plugin;

import dev.berth.core.provision.NodeProvisioner;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.LoopDevices;
import dev.berth.node.disk.LoopImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Image files in a pool, attached as loop devices, and from there on local volumes. The order of
 * the steps, each repaired by whoever comes next when the process dies after it:
 *
 * <ol>
 *   <li>The image is remembered, then made with all of its space, unless its provisioner made it.
 *       One that was there once and is gone is not made again.
 *   <li>It is attached; one that is attached already keeps its device. After a reboot it gets
 *       another number: it is told by its inode.
 *   <li>The device is prepared and mounted, or handed out, as that of a local volume; see {@link
 *       LocalDisks} and {@link LocalBlocks}.
 * </ol>
 *
 * Taking it away goes the same way back; the record of the staged volume is removed last, so that
 * no device stays attached without anybody who knows it.
 */
public final class LoopVolumes implements VolumePlugin {
  private static final Logger LOG = LoggerFactory.getLogger(LoopVolumes.class);

  public static final String NAME = NodeProvisioner.LOOP.provisioner();

  /** Mount option: the space of the image stays set aside, unless its administrator says else. */
  static final String KEEPS_SPACE = "nodiscard";

  private final LocalVolumes local;
  private final DiskTools disks;
  private final MountTools tools;
  private final LoopPools pools;
  private final LoopImages images;
  private final LoopDevices loops;
  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final ImageOwners owners;

  /** Where the volumes are attached in this life of the process, by uid. */
  private final Map<String, Path> attached = new ConcurrentHashMap<>();

  /**
   * @param local serves the devices, under the name of this plugin
   */
  public LoopVolumes(
      LocalVolumes local,
      DiskTools disks,
      MountTools tools,
      LoopPools pools,
      LoopImages images,
      LoopDevices loops,
      VolumeObjects objects,
      VolumePaths paths,
      ImageOwners owners) {
    this.local = local;
    this.disks = disks;
    this.tools = tools;
    this.pools = pools;
    this.images = images;
    this.loops = loops;
    this.objects = objects;
    this.paths = paths;
    this.owners = owners;
  }

  /** The name of the volume of a PersistentVolume. */
  public static VolumeId id(String persistentVolume) {
    return new VolumeId(NAME, persistentVolume);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean staged() {
    return true;
  }

  @Override
  public void recognise(List<StagedVolume> found) throws IOException, InterruptedException {
    local.recognise(found);
  }

  @Override
  public Attempt stage(VolumeSource source) throws IOException, InterruptedException {
    var loop = loop(source);
    var staged = new StagedVolume(id(loop.volume()), loop.uid());
    MountRecords.write(paths.stagedRecord(staged.id()), staged);
    var attempt = prepare(loop, staged.id());
    if (attempt instanceof Attempt.Failed failed && !failed.present()) {
      var stuck = detach(staged);
      if (stuck.isPresent()) {
        return new Attempt.Failed(failed.problem(), true);
      }
      MountRecords.delete(paths.stagedRecord(staged.id()));
    }
    return attempt;
  }

  private Attempt prepare(VolumeSource.Loop loop, VolumeId id)
      throws IOException, InterruptedException {
    return switch (pools.find(loop.pool())) {
      case LoopPools.Found.Refused(var why, _) ->
          new Attempt.Failed(
              problem(loop, why), tools.table().read().at(paths.stagedMount(id)).isPresent());
      case LoopPools.Found.Ready(var directory, _) -> {
        var owner = owners.other(loop, directory);
        if (owner.isPresent()) {
          yield Attempt.failed(
              notOurs(loop, LoopImages.file(directory, loop.image()), owner.get()));
        }
        var known = known(loop.uid()).filter(KnownImage::made).isPresent();
        var missing = ensure(loop, directory, known);
        var attempt = missing.isPresent() ? missing.get() : attach(loop, directory, known);
        if (attempt instanceof Attempt.Done && !loop.readOnly()) {
          // Making a file system gives space back, and so may whoever had the volume before.
          enlarge(loop, directory, 0);
        }
        yield attempt;
      }
    };
  }

  private static Problem notOurs(VolumeSource.Loop loop, Path file, String owner) {
    return Problem.mismatch(
        ("volume %s: its image %s belongs to volume %s, which names it too; give each volume a"
                + " volumeHandle of its own")
            .formatted(loop.volume(), file, owner));
  }

  /** The image, as large as the volume; why not, when it cannot be had. */
  private Optional<Attempt> ensure(VolumeSource.Loop loop, Path directory, boolean known)
      throws IOException, InterruptedException {
    var file = LoopImages.file(directory, loop.image());
    var size = images.sizeBytes(directory, loop.image());
    if (size.isEmpty() && (known || loop.made() || recorded(loop))) {
      return Optional.of(
          Attempt.failed(
              Problem.mismatch(
                  ("volume %s: its image %s is gone. It is not made again: put it back, or delete the"
                          + " volume")
                      .formatted(loop.volume(), file))));
    }
    if (size.isEmpty() && loop.readOnly()) {
      return Optional.of(
          Attempt.failed(
              problem(loop, "there is no image " + file + ", and none is made to be read only")));
    }
    if (size.isEmpty()) {
      remember(loop, directory, false);
      var made = images.make(directory, loop.image(), loop.capacityBytes(), loop.uid());
      if (!made.done()) {
        return Optional.of(LoopProvisioner.attempt(made, problem(loop, made.text())));
      }
    } else {
      if (!known && !loop.made()) {
        images.settle(directory);
      }
      if (size.getAsLong() < loop.capacityBytes() && !loop.readOnly()) {
        enlarge(loop, directory, loop.capacityBytes());
      }
    }
    remember(loop, directory, true);
    return Optional.empty();
  }

  /** The data is there also when that fails; whoever waits for a growth is told by the growth. */
  private void enlarge(VolumeSource.Loop loop, Path directory, long bytes)
      throws IOException, InterruptedException {
    var grown = images.grow(directory, loop.image(), bytes);
    if (!grown.done()) {
      LOG.warn("volume {}: its image stays as it is for now: {}", loop.volume(), grown.text());
    }
  }

  private boolean recorded(VolumeSource.Loop loop) {
    return objects.find(loop.volume()).flatMap(VolumeObjects.Seen::fsUuid).isPresent();
  }

  private Attempt attach(VolumeSource.Loop loop, Path directory, boolean known)
      throws IOException, InterruptedException {
    var file = LoopImages.file(directory, loop.image());
    var options =
        new LoopDevices.Options(
            LoopDevices.Options.DEFAULT.sectorBytes(),
            LoopDevices.Options.DEFAULT.directIo(),
            loop.readOnly());
    var device = loops.attach(file, options);
    var size = images.sizeBytes(directory, loop.image()).orElseThrow();
    if (find(device.device()).filter(found -> found.sizeBytes() < size).isPresent()) {
      loops.grow(device.number());
    }
    var found = find(device.device());
    if (found.isEmpty()) {
      return new Attempt.Uncertain(
          problem(loop, "%s was attached as %s, which is gone".formatted(file, device.device())));
    }
    attached.put(loop.uid(), device.device());
    // One that could not be grown is served as it is; a new one has to be as large as it promises.
    var capacity = known ? Math.min(loop.capacityBytes(), size) : loop.capacityBytes();
    return local.prepare(device(loop, device.device(), capacity));
  }

  private Optional<BlockDevice> find(Path device) throws IOException {
    return disks.devices().find(device) instanceof DeviceLookup.Found(var found)
        ? Optional.of(found)
        : Optional.empty();
  }

  private void remember(VolumeSource.Loop loop, Path directory, boolean made) throws IOException {
    SyncedJson.write(
        record(loop.uid()),
        new KnownImage(loop.volume(), loop.uid(), directory.toString(), loop.image(), made));
  }

  private Optional<KnownImage> known(String uid) throws IOException {
    return uid.isEmpty() ? Optional.empty() : SyncedJson.read(record(uid), KnownImage.class);
  }

  private Path record(String uid) {
    return paths.remembered(LocalVolumes.NAME, LocalMemory.IMAGES).resolve(uid + LocalMemory.FILE);
  }

  /** The attached device as a local volume. */
  private static VolumeSource device(VolumeSource.Loop loop, Path device, long capacityBytes) {
    return loop.block()
        ? new VolumeSource.LocalBlock(
            loop.volume(), loop.uid(), device, capacityBytes, loop.readOnly())
        : new VolumeSource.Local(
            loop.volume(),
            loop.uid(),
            device,
            loop.fsType(),
            capacityBytes,
            mountOptions(loop),
            loop.readOnly());
  }

  private static List<String> mountOptions(VolumeSource.Loop loop) {
    return Stream.concat(Stream.of(KEEPS_SPACE), loop.mountOptions().stream()).toList();
  }

  /** The pod's volume on the attached device; empty when it is not attached. */
  private Optional<PodVolume> located(PodVolume volume) {
    var loop = loop(volume.source());
    return Optional.ofNullable(attached.get(loop.uid()))
        .map(device -> volume.of(device(loop, device, 0)));
  }

  private static Problem notAttached(PodVolume volume) {
    return problem(loop(volume.source()), "its image is not attached");
  }

  @Override
  public Attempt unstage(StagedVolume volume) throws IOException, InterruptedException {
    var attempt = local.putAway(volume);
    if (!(attempt instanceof Attempt.Done)) {
      return attempt;
    }
    var stuck = detach(volume);
    if (stuck.isPresent()) {
      return new Attempt.Failed(stuck.get(), true);
    }
    MountRecords.delete(paths.stagedRecord(volume.id()));
    return Attempt.DONE;
  }

  /** Takes the volume's loop devices away; why that is not possible. */
  private Optional<Problem> detach(StagedVolume volume) throws IOException, InterruptedException {
    attached.remove(volume.uid());
    for (var known : imagesOf(volume)) {
      var directory = Path.of(known.directory());
      var silent = pools.silent(directory);
      if (silent.isPresent()) {
        return Optional.of(
            Problem.unmount("volume %s: %s".formatted(volume.id().name(), silent.get())));
      }
      var file = LoopImages.file(directory, known.image());
      for (var device : loops.ofFile(file)) {
        if (!loops.detach(device.number(), file)) {
          return Optional.of(
              Problem.unmount(
                  "volume %s: somebody has %s open, the device of %s; end that"
                      .formatted(volume.id().name(), device.device(), file)));
        }
      }
    }
    return Optional.empty();
  }

  private List<KnownImage> imagesOf(StagedVolume volume) throws IOException {
    var own = known(volume.uid());
    if (own.isPresent()) {
      return List.of(own.get());
    }
    return owners.all().stream()
        .filter(known -> known.volume().equals(volume.id().name()))
        .toList();
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    var located = located(volume);
    return located.isPresent()
        ? local.publish(located.get())
        : new Attempt.Failed(
            notAttached(volume), tools.table().read().at(hostPath(volume)).isPresent());
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException {
    return local.unpublish(volume);
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException, InterruptedException {
    var located = located(volume);
    return located.isPresent() ? local.verify(located.get()) : Optional.of(notAttached(volume));
  }

  @Override
  public Growth grow(PodVolume volume, long bytes) throws IOException, InterruptedException {
    var loop = loop(volume.source());
    var located = located(volume);
    if (located.isEmpty()) {
      return new Growth.Failed(notAttached(volume).message());
    }
    return switch (pools.find(loop.pool())) {
      case LoopPools.Found.Refused(var why, _) -> new Growth.Failed(why);
      case LoopPools.Found.Ready(var directory, _) -> {
        var grown = images.grow(directory, loop.image(), bytes);
        if (!grown.done()) {
          yield new Growth.Failed(grown.text());
        }
        for (var device : loops.ofFile(LoopImages.file(directory, loop.image()))) {
          loops.grow(device.number());
        }
        yield local.grow(located.get(), bytes);
      }
    };
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return local.hostPath(volume.published(), loop(volume.source()).block());
  }

  private static Problem problem(VolumeSource.Loop volume, String why) {
    return Problem.mount("volume " + volume.volume() + ": " + why);
  }

  private static VolumeSource.Loop loop(VolumeSource source) {
    if (source instanceof VolumeSource.Loop loop) {
      return loop;
    }
    throw new IllegalArgumentException("not a loop volume: " + source);
  }
}
