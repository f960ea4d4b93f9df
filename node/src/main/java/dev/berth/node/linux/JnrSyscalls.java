package dev.berth.node.linux;

import static dev.berth.node.linux.KernelStructs.buffer;
import static dev.berth.node.linux.KernelStructs.cString;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The kernel of this machine, through the C library. */
public final class JnrSyscalls implements Syscalls {
  private static final int HERE = -100; // AT_FDCWD
  private static final int AT_REMOVE_DIR = 0x200;
  private static final int AT_NO_FOLLOW = 0x100;
  private static final int AT_NO_AUTOMOUNT = 0x800;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int STATX_BASIC_BIRTH_MOUNT = 0x7ff | 0x800 | 0x1000;

  private static final long MS_REMOUNT = 32;
  private static final long MS_BIND = 4096;
  private static final long MS_REC = 16384;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;

  private static final long LOOP_CLR_FD = 0x4C01;
  private static final long LOOP_GET_STATUS64 = 0x4C05;
  private static final long LOOP_SET_CAPACITY = 0x4C07;
  private static final long LOOP_CONFIGURE = 0x4C0A;
  private static final long LOOP_CTL_GET_FREE = 0x4C82;
  private static final long BLKROGET = 0x125E;
  private static final long BLKGETSIZE64 = 0x80081272L;
  private static final long FS_IOC_GETFLAGS = 0x80086601L;
  private static final long FS_IOC_SETFLAGS = 0x40086602L;
  private static final int FS_IMMUTABLE_FL = 0x10;
  private static final long TIOCSWINSZ = 0x5414;

  private static final short POLL_PRIORITY = 2;
  private static final short POLL_ERROR = 8;

  private static final int DIRENTS_BYTES = 32 * 1024;
  private static final int XATTR_LIMIT_BYTES = 64 * 1024;

  private final NativeLibrary kernel = NativeLibrary.loaded();

  @Override
  public Fd open(Path path, Set<OpenFlag> flags, int mode) throws SyscallException {
    return kernel.open(HERE, cString(path.toString()), path.toString(), flags, mode, Set.of());
  }

  @Override
  public Fd openBeneath(
      Fd directory, FileName path, Set<OpenFlag> flags, int mode, Set<Resolve> resolve)
      throws SyscallException {
    var subject = directory.subject() + "/" + path;
    return kernel.open(directory.number(), cString(path.bytes()), subject, flags, mode, resolve);
  }

  @Override
  public void mkdirAt(Fd directory, FileName name, int mode) throws SyscallException {
    var path = cString(name.bytes());
    kernel.unmasked(
        "mkdirat",
        directory.subject() + "/" + name,
        c -> c.mkdirat(directory.number(), path, mode));
  }

  @Override
  public void unlinkAt(Fd directory, FileName name, boolean directoryEntry)
      throws SyscallException {
    var path = cString(name.bytes());
    var flags = directoryEntry ? AT_REMOVE_DIR : 0;
    kernel.call(
        "unlinkat",
        directory.subject() + "/" + name,
        c -> c.unlinkat(directory.number(), path, flags));
  }

  @Override
  public FileStatus status(Fd file) throws SyscallException {
    return statx(file.number(), new byte[1], AT_EMPTY_PATH, file.subject());
  }

  @Override
  public FileStatus status(Path path, boolean followLinks) throws SyscallException {
    var flags = followLinks ? 0 : AT_NO_FOLLOW;
    return statx(HERE, cString(path.toString()), flags, path.toString());
  }

  @Override
  public FileStatus statusAt(Fd directory, FileName name) throws SyscallException {
    var subject = directory.subject() + "/" + name;
    return statx(directory.number(), cString(name.bytes()), AT_NO_FOLLOW, subject);
  }

  private FileStatus statx(int directory, byte[] path, int flags, String subject)
      throws SyscallException {
    var statx = new byte[KernelStructs.STATX_BYTES];
    var all = flags | AT_NO_AUTOMOUNT;
    kernel.call(
        "statx", subject, c -> c.statx(directory, path, all, STATX_BASIC_BIRTH_MOUNT, statx));
    return KernelStructs.fileStatus(statx);
  }

  @Override
  public List<DirectoryEntry> entries(Fd directory) throws SyscallException {
    var dirents = new byte[DIRENTS_BYTES];
    while (true) {
      var read =
          kernel.call(
              "getdents64",
              directory.subject(),
              c -> c.getdents64(directory.number(), dirents, dirents.length));
      var entries = KernelStructs.directoryEntries(dirents, (int) read);
      if (read == 0 || !entries.isEmpty()) {
        return entries;
      }
    }
  }

  @Override
  public void fsync(Fd file) throws SyscallException {
    kernel.call("fsync", file.subject(), c -> c.fsync(file.number()));
  }

  @Override
  public void setImmutable(Fd file, boolean immutable) throws SyscallException {
    var flags = new byte[8];
    kernel.ioctl(file, "FS_IOC_GETFLAGS", FS_IOC_GETFLAGS, flags);
    var old = buffer(flags).getInt(0);
    var wanted = immutable ? old | FS_IMMUTABLE_FL : old & ~FS_IMMUTABLE_FL;
    if (wanted != old) {
      buffer(flags).putInt(0, wanted);
      kernel.ioctl(file, "FS_IOC_SETFLAGS", FS_IOC_SETFLAGS, flags);
    }
  }

  @Override
  public Optional<byte[]> xattr(Fd file, String name) throws SyscallException {
    var value = new byte[XATTR_LIMIT_BYTES];
    try {
      var length =
          kernel.call(
              "fgetxattr " + name,
              file.subject(),
              c -> c.fgetxattr(file.number(), cString(name), value, value.length));
      return Optional.of(Arrays.copyOf(value, (int) length));
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENODATA) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void setXattr(Fd file, String name, byte[] value) throws SyscallException {
    kernel.call(
        "fsetxattr " + name,
        file.subject(),
        c -> c.fsetxattr(file.number(), cString(name), value, value.length, 0));
  }

  @Override
  public void removeXattr(Fd file, String name) throws SyscallException {
    try {
      kernel.call(
          "fremovexattr " + name,
          file.subject(),
          c -> c.fremovexattr(file.number(), cString(name)));
    } catch (SyscallException e) {
      if (e.errno() != Errno.ENODATA) {
        throw e;
      }
    }
  }

  @Override
  public void bindMount(Path source, Path target, boolean recursive) throws SyscallException {
    mount("bind mount", source.toString(), target, MS_BIND | (recursive ? MS_REC : 0));
  }

  @Override
  public void mountOverlay(Path target, String options) throws SyscallException {
    var type = cString("overlay");
    var to = cString(target.toString());
    var data = cString(options);
    kernel.call("overlay mount", target.toString(), c -> c.mount(type, to, type, 0, data));
  }

  @Override
  public void remountBind(Path target, Set<MountFlag> flags) throws SyscallException {
    var bits = MS_REMOUNT | MS_BIND;
    for (var flag : flags) {
      bits |= flag.bit();
    }
    mount("remount", "none", target, bits);
  }

  @Override
  public void setPropagation(Path target, Propagation propagation, boolean recursive)
      throws SyscallException {
    mount("change of propagation", "none", target, propagation.bit() | (recursive ? MS_REC : 0));
  }

  private void mount(String what, String source, Path target, long flags) throws SyscallException {
    var from = cString(source);
    var to = cString(target.toString());
    kernel.call(what, target.toString(), c -> c.mount(from, to, null, flags, null));
  }

  @Override
  public void unmountBind(Path target, boolean lazy) throws SyscallException {
    var flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0);
    var path = cString(target.toString());
    kernel.call("umount2", target.toString(), c -> c.umount2(path, flags));
  }

  @Override
  public boolean mountsChanged(Fd mountinfo) throws SyscallException {
    var asked = KernelStructs.pollFile(mountinfo.number(), POLL_PRIORITY);
    kernel.call("poll", mountinfo.subject(), c -> c.poll(asked, 1, 0));
    return (KernelStructs.polled(asked) & (POLL_PRIORITY | POLL_ERROR)) != 0;
  }

  @Override
  public int freeLoop() throws SyscallException {
    try (var control = open(Path.of("/dev/loop-control"), Set.of(OpenFlag.READ_WRITE), 0)) {
      return (int) kernel.ioctl(control, "LOOP_CTL_GET_FREE", LOOP_CTL_GET_FREE, 0);
    }
  }

  @Override
  public void configureLoop(Fd loop, Fd file, LoopSetup setup) throws SyscallException {
    kernel.ioctl(
        loop, "LOOP_CONFIGURE", LOOP_CONFIGURE, KernelStructs.loopConfig(file.number(), setup));
  }

  @Override
  public void clearLoop(Fd loop) throws SyscallException {
    kernel.ioctl(loop, "LOOP_CLR_FD", LOOP_CLR_FD, 0);
  }

  @Override
  public void refreshLoopCapacity(Fd loop) throws SyscallException {
    kernel.ioctl(loop, "LOOP_SET_CAPACITY", LOOP_SET_CAPACITY, 0);
  }

  @Override
  public Optional<LoopStatus> loopStatus(Fd loop) throws SyscallException {
    var info = new byte[KernelStructs.LOOP_INFO_BYTES];
    try {
      kernel.ioctl(loop, "LOOP_GET_STATUS64", LOOP_GET_STATUS64, info);
      return Optional.of(KernelStructs.loopStatus(info));
    } catch (SyscallException e) {
      if (e.errno() == Errno.ENXIO) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public long deviceSizeBytes(Fd device) throws SyscallException {
    var size = new byte[8];
    kernel.ioctl(device, "BLKGETSIZE64", BLKGETSIZE64, size);
    return buffer(size).getLong(0);
  }

  @Override
  public boolean deviceReadOnly(Fd device) throws SyscallException {
    var flag = new byte[4];
    kernel.ioctl(device, "BLKROGET", BLKROGET, flag);
    return buffer(flag).getInt(0) != 0;
  }

  @Override
  public Fd openTerminal() throws SyscallException {
    var flags =
        OpenFlag.READ_WRITE.bits()
            | OpenFlag.NO_CONTROLLING_TERMINAL.bits()
            | NativeLibrary.CLOSE_ON_EXEC;
    var subject = "/dev/ptmx";
    var number = (int) kernel.call("posix_openpt", subject, c -> c.posix_openpt(flags));
    var terminal = kernel.adopt(number, subject);
    try {
      kernel.call("grantpt", subject, c -> c.grantpt(number));
      kernel.call("unlockpt", subject, c -> c.unlockpt(number));
      return terminal;
    } catch (SyscallException e) {
      terminal.close();
      throw e;
    }
  }

  @Override
  public Path terminalPath(Fd terminal) throws SyscallException {
    var name = new byte[64];
    // This one returns its error instead of setting errno.
    var error = kernel.plain(c -> c.ptsname_r(terminal.number(), name, name.length));
    if (error != 0) {
      throw new SyscallException("ptsname_r", terminal.subject(), error);
    }
    var length = 0;
    while (name[length] != 0) {
      length++;
    }
    return Path.of(new String(name, 0, length, US_ASCII));
  }

  @Override
  public void resizeTerminal(Fd terminal, int columns, int rows) throws SyscallException {
    kernel.ioctl(terminal, "TIOCSWINSZ", TIOCSWINSZ, KernelStructs.windowSize(columns, rows));
  }

  @Override
  public OptionalInt read(Fd file, byte[] into) throws SyscallException {
    requirePlatformThread();
    while (true) {
      try {
        var read =
            kernel.call("read", file.subject(), c -> c.read(file.number(), into, into.length));
        return read == 0 ? OptionalInt.empty() : OptionalInt.of((int) read);
      } catch (SyscallException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  @Override
  public void write(Fd file, byte[] from, int offset, int length) throws SyscallException {
    requirePlatformThread();
    for (var done = 0; done < length; ) {
      var rest = Arrays.copyOfRange(from, offset + done, offset + length);
      try {
        done +=
            (int)
                kernel.call(
                    "write", file.subject(), c -> c.write(file.number(), rest, rest.length));
      } catch (SyscallException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  @Override
  public boolean signal(long pid, int signal, boolean group) throws SyscallException {
    if (pid <= 1) {
      throw new IllegalArgumentException("refused to signal process " + pid);
    }
    var target = Math.toIntExact(group ? -pid : pid);
    try {
      kernel.call("kill", "process " + target, c -> c.kill(target, signal));
      return true;
    } catch (SyscallException e) {
      if (e.errno() == Errno.ESRCH) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public boolean signalExactly(long pid, BooleanSupplier stillIt, int signal)
      throws SyscallException {
    try (var process = kernel.openProcess(pid)) {
      if (!stillIt.getAsBoolean()) {
        return false;
      }
      kernel.signal(process, signal);
      return true;
    } catch (SyscallException e) {
      if (e.errno() == Errno.ESRCH) {
        return false;
      }
      throw e;
    }
  }

  private static void requirePlatformThread() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("read and write may wait for ever: use a platform thread");
    }
  }
}
