package dev.berth.node.disk;

import dev.berth.node.disk.DeviceIdentity.LoopBacking;
import dev.berth.node.disk.DeviceIdentity.Partition;
import dev.berth.node.linux.DeviceNumber;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The block devices of this machine, from sysfs. */
public final class SysfsBlockDevices implements BlockDevices {
  private static final Path DEV = Path.of("/dev");
  private static final Path SWAPS = Path.of("/proc/swaps");
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Syscalls syscalls;
  private final MountReader mounts;
  private final Sysfs sysfs;
  private final String bootId;

  /** What loop devices are bound to, by their names. */
  private final Map<String, Bound> bound = new ConcurrentHashMap<>();

  public SysfsBlockDevices(Syscalls syscalls, MountReader mounts) throws IOException {
    this.syscalls = syscalls;
    this.mounts = mounts;
    this.sysfs = new Sysfs(Path.of("/sys"));
    this.bootId = Files.readString(BOOT_ID).strip();
  }

  @Override
  public DeviceLookup find(Path path) throws IOException {
    var mounted = mounts.read().at(path);
    if (mounted.isPresent() && !mounted.get().type().equals("devtmpfs")) {
      // Not even a stat of it: the file system of a volume may not answer.
      var reason = "a file system of type " + mounted.get().type() + " is mounted on " + path;
      return new DeviceLookup.NotBlockDevice(path, true, reason);
    }
    try {
      var status = syscalls.status(path, true);
      if (status.type() != FileType.BLOCK_DEVICE) {
        var reason =
            "expected a block device at "
                + path
                + ", found "
                + (status.type() == FileType.DIRECTORY ? "a directory" : "another kind of file");
        return new DeviceLookup.NotBlockDevice(path, status.type() == FileType.DIRECTORY, reason);
      }
      return new DeviceLookup.Found(describe(path, status.represents()));
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
        return new DeviceLookup.Missing(path, missing(path));
      }
      throw e;
    }
  }

  @Override
  public boolean same(Path path, BlockDevice before) throws IOException {
    var identity = before.identity();
    try {
      var status = syscalls.status(path, true);
      if (status.type() != FileType.BLOCK_DEVICE
          || !status.represents().equals(identity.number())
          || identity.sequence().isEmpty()) {
        return false;
      }
    } catch (SyscallException e) {
      return false;
    }
    var directory = sysfs.device(identity.number());
    var disk = sysfs.diskOf(directory);
    return Sysfs.number(disk, "diskseq").equals(identity.sequence())
        && Sysfs.sectors(directory, "size") == identity.sizeBytes()
        && partition(directory).equals(identity.partition())
        && sameOffset(disk, identity.loop());
  }

  /** A loop device's offset can be changed, to one at which it has the same size. */
  private static boolean sameOffset(Path disk, Optional<LoopBacking> loop) {
    return loop.isEmpty()
        || Sysfs.number(disk, "loop/offset").equals(OptionalLong.of(loop.get().offsetBytes()));
  }

  /** Which part of its disk a device is; empty when it is the whole. */
  private static Optional<Partition> partition(Path directory) {
    var number = Sysfs.number(directory, "partition");
    return number.isPresent()
        ? Optional.of(new Partition((int) number.getAsLong(), Sysfs.sectors(directory, "start")))
        : Optional.empty();
  }

  @Override
  public List<BlockDevice> all() throws IOException {
    var found = new ArrayList<BlockDevice>();
    for (var name : sysfs.names()) {
      // One that goes while it is looked at is none.
      if (find(DEV.resolve(name)) instanceof DeviceLookup.Found(var device)
          && device.sizeBytes() > 0) {
        found.add(device);
      }
    }
    return found;
  }

  private static String missing(Path path) {
    if (Files.isSymbolicLink(path)) {
      try {
        return path
            + " is a link to "
            + Files.readSymbolicLink(path)
            + ", which is not there: the disk has gone or another one took its place";
      } catch (IOException e) {
        return path + " is a link that cannot be read: " + e.getMessage();
      }
    }
    return "there is no device " + path + " on this node";
  }

  private BlockDevice describe(Path asked, DeviceNumber number) throws IOException {
    var directory = sysfs.device(number);
    var name = directory.getFileName().toString();
    var disk = sysfs.diskOf(directory);
    var partition = partition(directory);
    var partitions = Sysfs.partitions(directory);
    var identity =
        new DeviceIdentity(
            number,
            bootId,
            Sysfs.number(disk, "diskseq"),
            Sysfs.sectors(directory, "size"),
            partition,
            Sysfs.worldWideName(disk),
            Sysfs.serial(disk),
            Files.exists(disk.resolve("loop")) ? backing(disk) : Optional.empty());
    return new BlockDevice(
        asked,
        DEV.resolve(name),
        name,
        identity,
        Sysfs.number(directory, "ro").orElse(0) != 0,
        partition.isPresent() ? Optional.of(disk.getFileName().toString()) : Optional.empty(),
        partitions);
  }

  /**
   * Which file a loop device is bound to. Whoever is asked may wait for the file's own file system,
   * so that it is asked once for each binding: the kernel counts those.
   */
  private Optional<LoopBacking> backing(Path disk) throws IOException {
    var sequence = Sysfs.number(disk, "diskseq");
    var file = Sysfs.text(disk, "loop/backing_file");
    if (sequence.isEmpty() || file.isEmpty()) {
      return askBacking(disk);
    }
    var binding =
        new Binding(sequence.getAsLong(), file.get(), Sysfs.number(disk, "loop/offset").orElse(0));
    var name = disk.getFileName().toString();
    var known = bound.get(name);
    if (known != null && known.binding().equals(binding)) {
      return Optional.of(known.backing());
    }
    var asked = askBacking(disk);
    // Without its birth a file may be another one on the same inode: then it is asked for again.
    if (asked.filter(backing -> backing.birth().isPresent()).isPresent()
        && Sysfs.number(disk, "diskseq").equals(sequence)) {
      bound.put(name, new Bound(binding, asked.get()));
    } else {
      bound.remove(name);
    }
    return asked;
  }

  /** One binding of a loop device to a file, as sysfs tells it. */
  private record Binding(long sequence, String file, long offsetBytes) {}

  private record Bound(Binding binding, LoopBacking backing) {}

  private Optional<LoopBacking> askBacking(Path disk) throws IOException {
    try (var loop = syscalls.open(DEV.resolve(disk.getFileName()), Set.of(OpenFlag.NON_BLOCK), 0)) {
      var found = syscalls.loopStatus(loop);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      var status = found.get();
      var file = Sysfs.text(disk, "loop/backing_file").orElse(status.name());
      return Optional.of(
          new LoopBacking(
              status.backingDevice(),
              status.backingInode(),
              birth(file, status.backingDevice(), status.backingInode()),
              file,
              status.offsetBytes()));
    }
  }

  /** When the file was made, as long as its name still leads to it. */
  private Optional<Instant> birth(String file, DeviceNumber device, long inode) {
    try {
      var status = syscalls.status(Path.of(file), true);
      return status.device().equals(device) && status.inode() == inode
          ? status.birth()
          : Optional.empty();
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  @Override
  public DeviceUse use(BlockDevice device) throws IOException {
    // Everything is read again: the device may be older than its use.
    var directory = sysfs.device(device.identity().number());
    var related = new ArrayList<Path>();
    related.add(directory);
    var partitions = Sysfs.partitions(directory);
    partitions.forEach(partition -> related.add(directory.resolve(partition)));
    if (device.disk().isPresent()) {
      related.add(sysfs.diskOf(directory));
    }
    var numbers = new ArrayList<DeviceNumber>();
    for (var each : related) {
      numbers.add(DeviceNumber.parse(Sysfs.text(each, "dev").orElseThrow()));
    }
    var mounted = new ArrayList<MountEntry>();
    for (var mount : mounts.read().entries()) {
      // btrfs counts its mounts under a number of their own, of no device: there the source tells.
      if (numbers.contains(mount.device())
          || (mount.device().major() == 0 && numbers.contains(deviceAt(mount.source())))) {
        mounted.add(mount);
      }
    }
    var swap = new ArrayList<String>();
    for (var line : Files.readAllLines(SWAPS)) {
      var file = line.split("\\s+", 2)[0];
      if (numbers.contains(deviceAt(file))) {
        swap.add(file);
      }
    }
    return new DeviceUse(
        mounted, swap, sysfs.holders(directory, device.node(), partitions), partitions);
  }

  private static final DeviceNumber NONE = new DeviceNumber(0, 0);

  private DeviceNumber deviceAt(String source) {
    if (!source.startsWith("/dev/")) {
      return NONE;
    }
    try {
      return syscalls.status(Path.of(source), true).represents();
    } catch (SyscallException e) {
      return NONE;
    }
  }
}
