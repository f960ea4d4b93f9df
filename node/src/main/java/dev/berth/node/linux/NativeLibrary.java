package dev.berth.node.linux;

import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * The C library, with the one right way to call it and to read its error number. Loading it takes
 * longer than any call: a process has one.
 */
final class NativeLibrary {
  static final int CLOSE_ON_EXEC = 02000000;
  private static final int CLONE_FS = 0x200;
  // The same numbers on every processor.
  private static final int PIDFD_SEND_SIGNAL = 424;
  private static final int PIDFD_OPEN = 434;
  private static final int OPENAT2 = 437;

  private static final class Loaded {
    static final NativeLibrary LIBRARY = new NativeLibrary();
  }

  private final LibC c = LibraryLoader.create(LibC.class).load("c");
  private final Runtime runtime = Runtime.getRuntime(c);
  private final NativeThreads threads = new NativeThreads();

  private NativeLibrary() {}

  static NativeLibrary loaded() {
    return Loaded.LIBRARY;
  }

  Runtime runtime() {
    return runtime;
  }

  /** Calls a function that returns a negative number and sets errno when it fails. */
  long call(String name, String subject, ToLongFunction<LibC> call) throws SyscallException {
    return threads.run(() -> check(call.applyAsLong(c), name, subject));
  }

  /**
   * The same without the process's umask, which is as it was afterwards. All threads share it, so
   * that this one gets one of its own first.
   */
  void unmasked(String name, String subject, ToLongFunction<LibC> call) throws SyscallException {
    threads.run(
        () -> {
          check(c.unshare(CLONE_FS), "unshare", subject);
          var mask = c.umask(0);
          try {
            return check(call.applyAsLong(c), name, subject);
          } finally {
            c.umask(mask);
          }
        });
  }

  /** Calls a function that returns its error. */
  int plain(ToLongFunction<LibC> call) throws SyscallException {
    return threads.run(() -> (int) call.applyAsLong(c));
  }

  long ioctl(Fd file, String name, long request, long argument) throws SyscallException {
    return call(name, file.subject(), c -> c.ioctl(file.number(), request, argument));
  }

  void ioctl(Fd file, String name, long request, byte[] argument) throws SyscallException {
    call(name, file.subject(), c -> c.ioctl(file.number(), request, argument));
  }

  Fd open(
      int directory,
      byte[] path,
      String subject,
      Set<OpenFlag> flags,
      int mode,
      Set<Resolve> resolve)
      throws SyscallException {
    var bits = CLOSE_ON_EXEC;
    for (var flag : flags) {
      bits |= flag.bits();
    }
    var walk = 0L;
    for (var refusal : resolve) {
      walk |= refusal.bit();
    }
    var how = KernelStructs.openHow(bits, flags.contains(OpenFlag.CREATE) ? mode : 0, walk);
    return threads.run(
        () -> {
          var fd = c.syscall(OPENAT2, directory, path, how, how.length);
          return adopt((int) check(fd, "openat2", subject), subject);
        });
  }

  /** Holds the number of a process; the kernel sets close-on-exec. */
  Fd openProcess(long pid) throws SyscallException {
    var subject = "process " + pid;
    return adopt(
        (int) call("pidfd_open", subject, c -> c.syscall(PIDFD_OPEN, pid, 0, 0, 0)), subject);
  }

  void signal(Fd process, int signal) throws SyscallException {
    call(
        "pidfd_send_signal",
        process.subject(),
        c -> c.syscall(PIDFD_SEND_SIGNAL, process.number(), signal, 0, 0));
  }

  /** A descriptor that is ours to close. */
  Fd adopt(int number, String subject) {
    return new Open(number, subject);
  }

  /** Must follow the native call at once, on its thread: the error number is the thread's. */
  private long check(long result, String name, String subject) throws SyscallException {
    if (result < 0) {
      throw new SyscallException(name, subject, runtime.getLastError());
    }
    return result;
  }

  private final class Open implements Fd {
    private final int number;
    private final String subject;
    private final AtomicBoolean closed = new AtomicBoolean();

    Open(int number, String subject) {
      this.number = number;
      this.subject = subject;
    }

    @Override
    public int number() {
      if (closed.get()) {
        throw new IllegalStateException(subject + " has been closed");
      }
      return number;
    }

    @Override
    public String subject() {
      return subject;
    }

    @Override
    public void close() {
      if (!closed.getAndSet(true)) {
        c.close(number);
      }
    }
  }
}
