package dev.berth.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Deadline;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.FileName;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.Resolve;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Image files in a directory: made with all of their space, grown, and removed when nothing holds
 * them. An image that has its name is complete and synced; what was begun has another one. Names
 * are walked from the directory itself and lead nowhere else. The caller has found out that the
 * directory's file system answers; what takes long is done by children.
 */
public final class LoopImages {
  private static final String IMAGE = ".img";
  private static final String UNFINISHED = ".new";
  private static final int OWNER_ONLY = 0600;
  private static final long ALIGNMENT = 4096;

  private final Syscalls syscalls;
  private final ChildProcesses children;
  private final LoopDevices loops;
  private final BlockDevices devices;
  private final DiskDeadlines deadlines;

  public LoopImages(
      Syscalls syscalls,
      ChildProcesses children,
      LoopDevices loops,
      BlockDevices devices,
      DiskDeadlines deadlines) {
    this.syscalls = syscalls;
    this.children = children;
    this.loops = loops;
    this.devices = devices;
    this.deadlines = deadlines;
  }

  /** The file of an image. */
  public static Path file(Path directory, String image) {
    return directory.resolve(image + IMAGE);
  }

  /**
   * How large the image is; empty when there is none.
   *
   * @throws IOException when something else has its name
   */
  public OptionalLong sizeBytes(Path directory, String image) throws IOException {
    try (var open = open(directory)) {
      var status = syscalls.statusAt(open, FileName.of(image + IMAGE));
      if (status.type() != FileType.REGULAR) {
        throw new IOException(
            "expected an image file at %s, found another kind".formatted(file(directory, image)));
      }
      return OptionalLong.of(status.sizeBytes());
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENOENT) {
        return OptionalLong.empty();
      }
      throw e;
    }
  }

  /** The uid of the volume that an image was made for; empty when it does not say. */
  public Optional<String> madeFor(Path directory, String image) throws IOException {
    try (var open = open(directory);
        var file =
            syscalls.openBeneath(open, FileName.of(image + IMAGE), Set.of(), 0, Resolve.STRICT)) {
      return syscalls.xattr(file, VolumeGuard.ATTRIBUTE).map(uid -> new String(uid, UTF_8));
    }
  }

  /**
   * Makes an image that reads zero, or finds it made; when that fails nothing of it is left.
   *
   * @param uid of the volume, which the image bears from then on
   */
  public Outcome make(Path directory, String image, long bytes, String uid)
      throws IOException, InterruptedException {
    if (sizeBytes(directory, image).isPresent()) {
      settle(directory);
      return grow(directory, image, bytes);
    }
    var name = FileName.of("." + image + UNFINISHED);
    var unfinished = directory.resolve("." + image + UNFINISHED);
    try (var open = open(directory)) {
      unlink(open, name);
      var flags = Set.of(OpenFlag.CREATE, OpenFlag.EXCLUSIVE, OpenFlag.READ_WRITE);
      try (var file = syscalls.openBeneath(open, name, flags, OWNER_ONLY, Resolve.STRICT)) {
        syscalls.setXattr(file, VolumeGuard.ATTRIBUTE, uid.getBytes(UTF_8));
      }
      var allocated = allocate(directory, unfinished, 0, bytes);
      if (!allocated.done()) {
        if (!(allocated instanceof Outcome.Uncertain)) {
          unlink(open, name);
        }
        return allocated;
      }
      Files.move(unfinished, file(directory, image), StandardCopyOption.ATOMIC_MOVE);
      syscalls.fsync(open);
      return Outcome.Done.PLAIN;
    }
  }

  /**
   * Makes sure of the names that are there: whoever made an image may have been killed before its
   * name was synced, and the name would go with the power.
   */
  public void settle(Path directory) throws IOException {
    try (var open = open(directory)) {
      syscalls.fsync(open);
    }
  }

  /**
   * Makes an image larger, if it is smaller than that, and takes space for what was given back of
   * it; when that fails it is as large as before.
   */
  public Outcome grow(Path directory, String image, long bytes)
      throws IOException, InterruptedException {
    var before = sizeBytes(directory, image);
    if (before.isEmpty()) {
      return new Outcome.Failed("there is no image " + file(directory, image));
    }
    var file = file(directory, image);
    var size = before.getAsLong();
    var allocated = allocate(directory, file, size, Math.max(size, bytes));
    if (allocated instanceof Outcome.Failed) {
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(size);
      }
    }
    return allocated;
  }

  /** All of the space is taken now, so that no write finds the disk full later. */
  private Outcome allocate(Path directory, Path file, long from, long to)
      throws IOException, InterruptedException {
    var length = to == from ? to : (to + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (length - from > Files.getFileStore(directory).getUsableSpace()) {
      return new Outcome.Failed(full(directory, length - from));
    }
    var what = "allocating %d bytes for %s".formatted(length, file);
    var allocate = command("fallocate", "--length", Long.toString(length), file.toString());
    var outcome = Outcomes.of(what, allocate, children.run(allocate));
    if (outcome instanceof Outcome.Failed(var message, _)) {
      return new Outcome.Failed(
          message.contains("No space left")
              ? full(directory, length - from)
              : message + hint(message));
    }
    if (!outcome.done()) {
      return outcome;
    }
    if (length == from) {
      return outcome;
    }
    var sync = command("sync", file.toString());
    return Outcomes.of("syncing " + file, sync, children.run(sync));
  }

  /** What is free there changes all the time, and a reason is told again when its text changes. */
  private static String full(Path directory, long needed) {
    return "%s has not the %d bytes free that the image needs in addition; make room there"
        .formatted(directory, needed);
  }

  private static String hint(String message) {
    return message.contains("not supported")
        ? "; the file system of the pool cannot set space aside: use ext4, xfs or btrfs"
        : "";
  }

  private ChildCommand command(String tool, String... arguments) {
    return ChildCommand.of(
        Deadline.byProgress(deadlines.work(), deadlines.stall()), tool, arguments);
  }

  /** Removes an image, unless anything holds it; one that is not there is removed already. */
  public Outcome remove(Path directory, String image) throws IOException {
    var file = file(directory, image);
    for (var attached : loops.ofFile(file)) {
      if (devices.find(attached.device()) instanceof DeviceLookup.Found(var device)) {
        var used = devices.use(device).inUse();
        if (used.isPresent()) {
          return new Outcome.Failed(
              "%s is not removed: its device %s is in use: %s"
                  .formatted(file, attached.device(), used.get()));
        }
      }
      if (!loops.detach(attached.number(), file)) {
        return new Outcome.Failed(
            "%s is not removed: somebody has its device %s open"
                .formatted(file, attached.device()));
      }
    }
    try (var open = open(directory)) {
      unlink(open, FileName.of("." + image + UNFINISHED));
      unlink(open, FileName.of(image + IMAGE));
      syscalls.fsync(open);
    }
    return Outcome.Done.PLAIN;
  }

  private Fd open(Path directory) throws SyscallException {
    return syscalls.open(directory, Set.of(OpenFlag.DIRECTORY), 0);
  }

  private void unlink(Fd directory, FileName name) throws SyscallException {
    try {
      syscalls.unlinkAt(directory, name, false);
    } catch (SyscallException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
