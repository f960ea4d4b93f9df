package dev.berth.node.linux;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** A child process of ours. Its number is never signalled once it may belong to another process. */
final class Spawned {
  private static final int SIGKILL = 9;
  private static final int NO_HANG = 1;
  private static final long LATER_NANOS = 100_000_000;

  private final NativeLibrary kernel = NativeLibrary.loaded();
  private final int pid;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /** Held while the child is signalled, and while it is reaped. */
  private final ReentrantLock reaping = new ReentrantLock();

  private Spawned(int pid) {
    this.pid = pid;
  }

  /** Follows a child that was started just now and that nobody else waits for. */
  static Spawned follow(int pid) throws SyscallException {
    var child = new Spawned(pid);
    try {
      var process = child.kernel.openProcess(pid);
      try {
        Readiness.ofThisProcess().await(process, child::reap);
      } catch (SyscallException | RuntimeException e) {
        process.close();
        throw e;
      }
    } catch (SyscallException | RuntimeException e) {
      // What cannot be followed must not run on.
      child.signal(SIGKILL);
      child.reapLater();
      throw e;
    }
    return child;
  }

  long pid() {
    return pid;
  }

  boolean isAlive() {
    return !exit.isDone();
  }

  /** Completes with the exit code, 128 + N for signal N. */
  CompletableFuture<Integer> exit() {
    return exit;
  }

  /** Sends a signal to the child's group; nothing happens when the child has ended. */
  void signal(int signal) {
    try {
      kernel.call("kill", "child " + pid, c -> signalUnlessReaped(c, signal));
    } catch (SyscallException e) {
      if (e.errno() != Errno.ESRCH) {
        throw new IllegalStateException("our own child cannot be signalled", e);
      }
    }
  }

  /** The lock is held for the call alone: the thread that reaps all children waits for it. */
  private int signalUnlessReaped(LibC kernel, int signal) {
    reaping.lock();
    try {
      return exit.isDone() ? 0 : kernel.kill(-pid, signal);
    } finally {
      reaping.unlock();
    }
  }

  /** The child has ended; only a tracer, which sees the end first, may keep it a while. */
  private boolean reap() {
    if (!reaped()) {
      reapLater();
    }
    return false;
  }

  private void reapLater() {
    Thread.ofPlatform()
        .daemon()
        .name("child-" + pid)
        .start(
            () -> {
              while (!reaped()) {
                LockSupport.parkNanos(LATER_NANOS);
              }
            });
  }

  /** Takes away a child that has ended: from then on its number may be given to another. */
  private boolean reaped() {
    reaping.lock();
    try {
      var status = new int[1];
      if (kernel.call("waitpid", "child " + pid, c -> c.waitpid(pid, status, NO_HANG)) == 0) {
        return false;
      }
      exit.complete(code(status[0]));
    } catch (SyscallException e) {
      exit.completeExceptionally(e);
    } finally {
      reaping.unlock();
    }
    return true;
  }

  private static int code(int status) {
    var signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }
}
