package dev.berth.node.disk;

import dev.berth.node.linux.Errno;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.FileStatus;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.LoopSetup;
import dev.berth.node.linux.LoopStatus;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** The loop driver of this machine. */
public final class KernelLoopDevices implements LoopDevices {
  private static final int ATTEMPTS = 64;
  private static final Duration UNBINDING = Duration.ofSeconds(1);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(2);
  private static final String DELETED = " (deleted)";
  private static final Path BLOCK = Path.of("/sys/block");

  private final Syscalls syscalls;

  /** Two of ours must not bind one file twice; others are told apart by the kernel. */
  private final ReentrantLock attaching = new ReentrantLock();

  public KernelLoopDevices(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  @Override
  public Attached attach(Path file, Options options) throws IOException {
    attaching.lock();
    try {
      var present = ofFile(file);
      if (!present.isEmpty()) {
        return reuse(file, present.getFirst(), options);
      }
      try (var open = syscalls.open(file, access(options), 0)) {
        if (syscalls.status(open).type() != FileType.REGULAR) {
          throw new IOException("expected an image file at " + file + ", found another kind");
        }
        return bind(open, file, options);
      }
    } finally {
      attaching.unlock();
    }
  }

  private static Attached reuse(Path file, Attached present, Options options) throws IOException {
    var sector = sectorBytes(present.number());
    if (present.readOnly() != options.readOnly() || sector != options.sectorBytes()) {
      throw new IOException(
          ("%s is bound to %s already, %s with sectors of %d bytes; expected %s with %d:"
                  + " detach it first")
              .formatted(
                  file,
                  present.device(),
                  mode(present.readOnly()),
                  sector,
                  mode(options.readOnly()),
                  options.sectorBytes()));
    }
    return present;
  }

  private static String mode(boolean readOnly) {
    return readOnly ? "read-only" : "writable";
  }

  private Attached bind(Fd file, Path path, Options options) throws IOException {
    for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
      var number = syscalls.freeLoop();
      var setup =
          new LoopSetup(
              options.sectorBytes(), options.directIo(), options.readOnly(), path.toString());
      try (var loop = syscalls.open(device(number), access(options), 0)) {
        if (configured(loop, file, setup)) {
          var status = syscalls.loopStatus(loop).orElseThrow();
          return new Attached(number, device(number), status.directIo(), status.readOnly());
        }
      } catch (SyscallException e) {
        // The device may be removed, or taken, between its number and the open.
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENXIO) {
          throw e;
        }
      }
    }
    throw new IOException(
        "no loop device for " + path + ": others took " + ATTEMPTS + " in a row; try again");
  }

  /** False when somebody else was faster. */
  private boolean configured(Fd loop, Fd file, LoopSetup setup) throws SyscallException {
    try {
      syscalls.configureLoop(loop, file, setup);
      return true;
    } catch (SyscallException e) {
      if (e.errno() == Errno.EBUSY) {
        return false;
      }
      if (e.errno() == Errno.EINVAL && setup.directIo()) {
        var buffered = new LoopSetup(setup.sectorBytes(), false, setup.readOnly(), setup.name());
        return configured(loop, file, buffered);
      }
      throw e;
    }
  }

  @Override
  public boolean detach(int number, Path file) throws IOException {
    if (backingFile(number).isEmpty()) {
      return true;
    }
    try (var loop = open(number)) {
      // As long as it is open here it stays bound to what it is bound to: what is told by this
      // descriptor is what it unbinds, and not what somebody has given the number to since.
      if (binding(loop, number, file).isEmpty()) {
        return true;
      }
      syscalls.clearLoop(loop);
    } catch (SyscallException e) {
      if (!isGone(e)) {
        throw e;
      }
    }
    // The kernel unbinds when the last one closes it, ourselves included.
    var end = System.nanoTime() + UNBINDING.toNanos();
    while (boundTo(number, file).isPresent()) {
      if (System.nanoTime() > end) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
    return true;
  }

  @Override
  public List<Attached> ofFile(Path file) throws IOException {
    var found = new ArrayList<Attached>();
    try (var disks = Files.newDirectoryStream(BLOCK, "loop*")) {
      for (var disk : disks) {
        var number = Integer.parseInt(disk.getFileName().toString().substring(4));
        boundTo(number, file)
            .ifPresent(
                status ->
                    found.add(
                        new Attached(
                            number, device(number), status.directIo(), status.readOnly())));
      }
    }
    return found;
  }

  @Override
  public Map<Integer, Path> bound() throws IOException {
    var found = new TreeMap<Integer, Path>();
    try (var disks = Files.newDirectoryStream(BLOCK, "loop[0-9]*")) {
      for (var disk : disks) {
        var number = Integer.parseInt(disk.getFileName().toString().substring(4));
        Sysfs.text(disk, "loop/backing_file")
            .ifPresent(
                file ->
                    found.put(
                        number,
                        Path.of(
                            file.endsWith(DELETED)
                                ? file.substring(0, file.length() - DELETED.length())
                                : file)));
      }
    }
    return found;
  }

  /** The binding of a loop device, when it is to this file. */
  private Optional<LoopStatus> boundTo(int number, Path file) throws IOException {
    if (backingFile(number).isEmpty()) {
      return Optional.empty();
    }
    try (var loop = open(number)) {
      return binding(loop, number, file);
    } catch (SyscallException e) {
      if (isGone(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Optional<LoopStatus> binding(Fd loop, int number, Path file) throws IOException {
    var bound = syscalls.loopStatus(loop);
    if (bound.isEmpty()) {
      return bound;
    }
    var actual = status(file);
    var same =
        actual.isPresent()
            ? actual.get().device().equals(bound.get().backingDevice())
                && actual.get().inode() == bound.get().backingInode()
            : backingFile(number).filter(name -> name.equals(file + DELETED)).isPresent();
    return same ? bound : Optional.empty();
  }

  /** The kernel's name for it, by which nothing has to be opened to know that there is none. */
  private static Optional<String> backingFile(int number) {
    return Sysfs.text(BLOCK.resolve("loop" + number), "loop/backing_file");
  }

  private static boolean isGone(SyscallException e) {
    return e.errno() == Errno.ENXIO || e.errno() == Errno.ENOENT;
  }

  private Optional<FileStatus> status(Path file) throws SyscallException {
    try {
      return Optional.of(syscalls.status(file, true));
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void grow(int number) throws IOException {
    try (var loop = open(number)) {
      syscalls.refreshLoopCapacity(loop);
    }
  }

  private Fd open(int number) throws SyscallException {
    // Reading is enough to ask, unbind and grow, and works for a device that is read-only too.
    return syscalls.open(device(number), Set.of(OpenFlag.NON_BLOCK), 0);
  }

  /** The kernel binds read-only when either of the two is open for reading only. */
  private static Set<OpenFlag> access(Options options) {
    return options.readOnly() ? Set.of() : Set.of(OpenFlag.READ_WRITE);
  }

  private static Path device(int number) {
    return Path.of("/dev/loop" + number);
  }

  private static long sectorBytes(int number) {
    return Sysfs.number(BLOCK.resolve("loop" + number), "queue/logical_block_size").orElse(512);
  }
}
