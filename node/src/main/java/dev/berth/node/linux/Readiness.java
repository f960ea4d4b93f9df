package dev.berth.node.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that waits, for the whole process, until one of many files can be read or has ended.
 * With a thread for each pipe and each end of a child, waking those threads would be most of what a
 * short child costs this process.
 */
final class Readiness {
  private static final Logger log = LoggerFactory.getLogger(Readiness.class);
  private static final int STACK_BYTES = 256 * 1024;
  private static final int AT_ONCE = 64;

  private static final int ADD = 1;
  private static final int DELETE = 2;
  private static final int READABLE = 1;

  /** The kernel packs its struct epoll_event on one processor only. */
  private static final int EVENT_BYTES = System.getProperty("os.arch").equals("amd64") ? 12 : 16;

  private static final int KEY_AT = EVENT_BYTES - Long.BYTES;

  private static final class Started {
    static final Readiness READINESS = new Readiness();
  }

  /**
   * A file that is waited for.
   *
   * @param ready called when it can be read, or has ended; false when it is to be let go
   */
  private record Watched(Fd file, BooleanSupplier ready) {}

  private final NativeLibrary kernel = NativeLibrary.loaded();
  private final ConcurrentHashMap<Long, Watched> watched = new ConcurrentHashMap<>();
  private final AtomicLong keys = new AtomicLong();
  private final int files;

  private Readiness() {
    try {
      files =
          (int)
              kernel.call(
                  "epoll_create1", "children", c -> c.epoll_create1(NativeLibrary.CLOSE_ON_EXEC));
    } catch (SyscallException e) {
      throw new IllegalStateException("children cannot be waited for", e);
    }
    Thread.ofPlatform().daemon().stackSize(STACK_BYTES).name("children").start(this::run);
  }

  /** The process's own, which is never stopped. */
  static Readiness ofThisProcess() {
    return Started.READINESS;
  }

  /**
   * Waits for a file from now on.
   *
   * @param file is closed here, when it is let go
   * @param ready called on the thread that all files share, so that it must not wait: once for each
   *     time that there is something to be read, or the end; it reads at most once, and returns
   *     whether the file is to be waited for again
   */
  void await(Fd file, BooleanSupplier ready) throws SyscallException {
    var key = keys.incrementAndGet();
    watched.put(key, new Watched(file, ready));
    try {
      var event = ByteBuffer.allocate(EVENT_BYTES).order(ByteOrder.nativeOrder());
      event.putInt(0, READABLE).putLong(KEY_AT, key);
      kernel.call(
          "epoll_ctl", file.subject(), c -> c.epoll_ctl(files, ADD, file.number(), event.array()));
    } catch (SyscallException e) {
      watched.remove(key);
      throw e;
    }
  }

  private void run() {
    var events = ByteBuffer.allocate(AT_ONCE * EVENT_BYTES).order(ByteOrder.nativeOrder());
    while (true) {
      try {
        var count =
            kernel.call(
                "epoll_wait", "children", c -> c.epoll_wait(files, events.array(), AT_ONCE, -1));
        for (var n = 0; n < count; n++) {
          ready(events.getLong(n * EVENT_BYTES + KEY_AT));
        }
      } catch (SyscallException e) {
        if (e.errno() != Errno.EINTR) {
          throw new IllegalStateException("children cannot be waited for", e);
        }
      } catch (RuntimeException e) {
        // A bug met by one child must not leave all others without anybody who waits for them.
        log.error("a child's output or end met an unexpected failure", e);
      }
    }
  }

  private void ready(long key) {
    var which = watched.get(key);
    if (which == null) {
      return;
    }
    var again = false;
    try {
      again = which.ready().getAsBoolean();
    } finally {
      if (!again) {
        watched.remove(key);
        letGo(which.file());
      }
    }
  }

  private void letGo(Fd file) {
    try (file) {
      var none = new byte[EVENT_BYTES];
      kernel.call(
          "epoll_ctl", file.subject(), c -> c.epoll_ctl(files, DELETE, file.number(), none));
    } catch (SyscallException e) {
      // The kernel lets go of it anyway, with its last descriptor.
      log.warn("{} could not be taken from those that are waited for", file.subject(), e);
    }
  }
}
