package dev.berth.node.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The kernel calls that Berth makes itself. Every method may be called from any thread, virtual
 * ones included. A refused call is a {@link SyscallException}; nothing else is thrown for what the
 * kernel says. Only calls that cannot hang belong here: nothing that waits for a device or for the
 * file system of a volume that may be ill (see {@link ChildProcesses}).
 */
public interface Syscalls {

  // Files

  /** Opens a path as it is, following links unless told otherwise. */
  Fd open(Path path, Set<OpenFlag> flags, int mode) throws SyscallException;

  /** Opens a path relative to a directory with openat2, refusing what {@code resolve} names. */
  Fd openBeneath(Fd directory, FileName path, Set<OpenFlag> flags, int mode, Set<Resolve> resolve)
      throws SyscallException;

  /** Makes a directory with all of these rights: no umask takes any away. */
  void mkdirAt(Fd directory, FileName name, int mode) throws SyscallException;

  /** Removes a name: an empty directory when {@code directoryEntry} is set, else a file. */
  void unlinkAt(Fd directory, FileName name, boolean directoryEntry) throws SyscallException;

  FileStatus status(Fd file) throws SyscallException;

  /** Of the file that a path names; of the link itself when {@code followLinks} is not set. */
  FileStatus status(Path path, boolean followLinks) throws SyscallException;

  /** Of a name in a directory; a link is not followed, a mount on it is. */
  FileStatus statusAt(Fd directory, FileName name) throws SyscallException;

  /** The next names of an open directory, empty at its end. */
  List<DirectoryEntry> entries(Fd directory) throws SyscallException;

  /** Waits until a file's data, or a directory's names, are on stable storage. */
  void fsync(Fd file) throws SyscallException;

  /** Sets or clears the immutable flag (chattr +i), leaving the other flags. */
  void setImmutable(Fd file, boolean immutable) throws SyscallException;

  /** An extended attribute, empty when the file has none of that name. */
  Optional<byte[]> xattr(Fd file, String name) throws SyscallException;

  void setXattr(Fd file, String name, byte[] value) throws SyscallException;

  /** Removes an extended attribute; without one nothing happens. */
  void removeXattr(Fd file, String name) throws SyscallException;

  // Mounts

  /** Makes {@code source} (a file or a directory) visible at {@code target} too. */
  void bindMount(Path source, Path target, boolean recursive) throws SyscallException;

  /** Binds an open file, whatever its name has become since. */
  default void bindMount(Fd source, Path target, boolean recursive) throws SyscallException {
    bindMount(Path.of(source.procPath()), target, recursive);
  }

  /**
   * Mounts an overlay of directories of the host's own file systems.
   *
   * @param options the layers as overlayfs takes them: lowerdir=, upperdir=, workdir=
   */
  void mountOverlay(Path target, String options) throws SyscallException;

  /** Gives one mount (not its file system) new flags; those not named are cleared. */
  void remountBind(Path target, Set<MountFlag> flags) throws SyscallException;

  void setPropagation(Path target, Propagation propagation, boolean recursive)
      throws SyscallException;

  /**
   * Takes the topmost mount at {@code target} away, not following a link.
   *
   * @param lazy detach the name now and the mount when its last user is gone; only for bind and
   *     overlay mounts
   */
  void unmountBind(Path target, boolean lazy) throws SyscallException;

  /**
   * Whether mounts were made, changed or taken away since this was asked last, or since the file
   * was opened. What happens to a file system without a change of its mounts does not count.
   *
   * @param mountinfo an open mountinfo file of a process (proc_pid_mountinfo(5)); every open one
   *     counts for itself
   */
  boolean mountsChanged(Fd mountinfo) throws SyscallException;

  // Loop devices

  /** The number N of a /dev/loopN that was free a moment ago; others may take it first. */
  int freeLoop() throws SyscallException;

  /** Binds a loop device to a file in one step; EBUSY when somebody else was faster. */
  void configureLoop(Fd loop, Fd file, LoopSetup setup) throws SyscallException;

  /** Unbinds; while the device is open elsewhere the kernel does so at the last close. */
  void clearLoop(Fd loop) throws SyscallException;

  /** Makes the loop device as large as its file has become. */
  void refreshLoopCapacity(Fd loop) throws SyscallException;

  /** What the loop device is bound to; empty when it is free. */
  Optional<LoopStatus> loopStatus(Fd loop) throws SyscallException;

  // Block devices

  long deviceSizeBytes(Fd device) throws SyscallException;

  boolean deviceReadOnly(Fd device) throws SyscallException;

  // Terminals

  /** A new pseudo terminal's controlling side, unlocked. */
  Fd openTerminal() throws SyscallException;

  /** The path of the other side of a pseudo terminal. */
  Path terminalPath(Fd terminal) throws SyscallException;

  void resizeTerminal(Fd terminal, int columns, int rows) throws SyscallException;

  /**
   * Reads what is there, waiting for the first byte; empty at the end. On a terminal whose other
   * side is gone the end shows as EIO. May wait for ever: call it on a thread of your own.
   */
  OptionalInt read(Fd file, byte[] into) throws SyscallException;

  /** Writes all of {@code length} bytes. */
  void write(Fd file, byte[] from, int offset, int length) throws SyscallException;

  // Processes

  /**
   * Sends a signal to a process, or to the group of that number when {@code group} is set.
   *
   * @return false when there is no such process any more
   */
  boolean signal(long pid, int signal, boolean group) throws SyscallException;

  /**
   * Sends a signal to a process that may be ending: its number is held before {@code stillIt} is
   * asked whether it is the process that is meant, so that no later one of that number is hit.
   *
   * @return false when it has ended, or is another one
   */
  boolean signalExactly(long pid, BooleanSupplier stillIt, int signal) throws SyscallException;
}
