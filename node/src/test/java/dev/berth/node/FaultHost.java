package dev.berth.node;

import static dev.berth.node.disk.LoopDisks.run;

import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * A host whose power can fail: its own file system and its disks are images on a file system that
 * shares blocks between copies. A copy that is taken while a server writes holds what was synced,
 * and whatever else had come so far. Copies are put back into the same files, because a disk that
 * was without power is the same disk.
 */
final class FaultHost implements AutoCloseable {

  /**
   * Where many hosts have their images.
   *
   * @param names where disks have their lasting names: paths on a mount are not followed
   */
  record Ground(Path directory, Path system, Path names) {
    private static final long BYTES = 16L << 30;
    private static final long SYSTEM_BYTES = 512L << 20;

    static Ground in(LoopDisks disks) throws IOException {
      var outer = disks.disk(BYTES);
      run("mkfs.xfs", "-q", "-m", "reflink=1", outer.device().toString());
      var directory = disks.mount(outer, "xfs", "ground");
      var system = directory.resolve("system.img");
      sparse(system, SYSTEM_BYTES);
      run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", system.toString());
      return new Ground(directory, system, disks.directory("names"));
    }
  }

  /** A disk that is mounted at every boot. */
  private record Mounted(String disk, Path at) {}

  private final Path directory;
  private final Path names;
  private final Path own;
  private final LoopDisk system;
  private final Map<String, LoopDisk> disks = new LinkedHashMap<>();
  private final List<Mounted> mounted = new ArrayList<>();

  FaultHost(Ground ground, String name) throws IOException {
    directory = Files.createDirectory(ground.directory().resolve(name));
    names = Files.createDirectory(ground.names().resolve(name));
    own = Files.createDirectory(directory.resolve("host"));
    var image = directory.resolve("system.img");
    copy(ground.system(), image);
    system = attach(image);
    mountSystem();
  }

  private void mountSystem() {
    run("mount", "-t", "ext4", "-o", "commit=300", system.device().toString(), own.toString());
  }

  /** The host's own file system. */
  Path own() {
    return own;
  }

  Path directory() {
    return directory;
  }

  /** A new blank disk; the path keeps its name, whichever number the device has. */
  Path disk(String name, long bytes) throws IOException {
    var image = directory.resolve(name + ".img");
    sparse(image, bytes);
    connect(name, image);
    return named(name);
  }

  /** The lasting name of a disk. */
  Path named(String disk) {
    return names.resolve(disk);
  }

  private void connect(String name, Path image) throws IOException {
    var disk = attach(image);
    disks.put(name, disk);
    Files.deleteIfExists(named(name));
    Files.createSymbolicLink(named(name), disk.device());
  }

  private LoopDisk known(String name) {
    return Objects.requireNonNull(disks.get(name), name);
  }

  long bytes(String disk) throws IOException {
    return Files.size(known(disk).image());
  }

  /** Makes a disk larger. */
  void enlarge(String name, long bytes) throws IOException {
    sparse(known(name).image(), bytes);
    run("losetup", "--set-capacity", known(name).device().toString());
  }

  /** A disk that the administrator mounts, at every boot. */
  void mount(String name, Path at) {
    mounted.add(new Mounted(name, at));
    mount(mounted.getLast());
  }

  private void mount(Mounted mount) {
    run("mount", known(mount.disk()).device().toString(), mount.at().toString());
  }

  private static LoopDisk attach(Path image) {
    return new LoopDisk(
        image, Path.of(run("losetup", "--find", "--show", image.toString()).strip()));
  }

  private static void sparse(Path image, long bytes) throws IOException {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  private static void copy(Path from, Path to) {
    run("cp", "--reflink=always", from.toString(), to.toString());
  }

  private static Path kept(Path image) {
    return image.resolveSibling(image.getFileName() + ".cut");
  }

  /** Keeps this moment. */
  void cut() {
    copy(system.image(), kept(system.image()));
    disks.values().forEach(disk -> copy(disk.image(), kept(disk.image())));
  }

  /** The host begins anew with what the moment that was kept has left. */
  void boot() throws IOException {
    powerOff();
    // It stays attached: the kernel's boot is the same, and the file system has to keep its number.
    copy(kept(system.image()), system.image());
    run("blockdev", "--flushbufs", system.device().toString());
    mountSystem();
    for (var name : List.copyOf(disks.keySet())) {
      var image = known(name).image();
      copy(kept(image), image);
      connect(name, image);
    }
    mounted.forEach(this::mount);
  }

  /**
   * All mounts and all loop devices but the system's go, as they do with the power. An image gets
   * its old content back only when nobody can write to it any more.
   */
  private void powerOff() {
    // What the dead server has started may still be there for a moment, and anybody on the machine
    // may hold a device open while he looks whose it is, or a copy of the mounts.
    patiently(this::isOff);
  }

  private static void patiently(Callable<Boolean> condition) {
    Awaitility.await()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(20))
        .until(condition);
  }

  /** Takes away what comes off now: an image's loop device before the mount that it is on. */
  private boolean isOff() throws IOException {
    for (var mount : mountsBelow(directory).reversed()) {
      if (!mount.target().equals(own.toString())) {
        LoopDisks.say("umount", mount.target());
      }
    }
    loopsBelow(own).forEach(loop -> LoopDisks.detach(loop, own));
    if (!mountsBelow(own).isEmpty() || !loopsBelow(own).isEmpty()) {
      return false;
    }
    LoopDisks.say("umount", own.toString());
    if (!mountsBelow(directory).isEmpty() || isAlive(system)) {
      return false;
    }
    attached().forEach(loop -> LoopDisks.detach(loop, directory));
    return attached().isEmpty();
  }

  /** Whether its file system is there, mounted here or in another mount namespace. */
  private static boolean isAlive(LoopDisk disk) {
    return Files.exists(Path.of("/sys/fs/ext4", disk.kernelName()));
  }

  /** All loop devices of its disks. */
  private List<String> attached() throws IOException {
    var found = loopsBelow(directory);
    found.remove(system.device().toString());
    return found;
  }

  private static List<MountEntry> mountsBelow(Path directory) throws IOException {
    return MountTable.reader().read().entries().stream()
        .filter(entry -> entry.target().startsWith(directory + "/"))
        .toList();
  }

  /** The loop devices of files below a directory. */
  static List<String> loopsBelow(Path directory) throws IOException {
    var found = new ArrayList<String>();
    try (var loops = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (var loop : loops) {
        var file = loop.resolve("loop/backing_file");
        try {
          if (Files.exists(file) && Files.readString(file).startsWith(directory + "/")) {
            found.add("/dev/" + loop.getFileName());
          }
        } catch (IOException e) {
          // Somebody else's, which was detached while it was looked at.
        }
      }
    }
    return found;
  }

  /** Nothing of it is left, in whatever state it is. */
  @Override
  public void close() {
    powerOff();
    LoopDisks.detach(system.device().toString(), directory);
    patiently(() -> loopsBelow(directory).isEmpty());
    run("rm", "-rf", "--one-file-system", directory.toString());
  }
}
