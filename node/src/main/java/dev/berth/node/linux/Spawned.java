package dev.berth.node.linux;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/** A child process of ours. Its number is never signalled once it may belong to another process. */
final class Spawned {
  private final NativeLibrary kernel = NativeLibrary.loaded();
  private final Syscalls syscalls;
  private final int pid;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /** Held while the child is signalled, and while it is reaped. */
  private final ReentrantLock reaping = new ReentrantLock();

  private Spawned(Syscalls syscalls, int pid) {
    this.syscalls = syscalls;
    this.pid = pid;
  }

  /** Follows a child that was started just now and that nobody else waits for. */
  static Spawned follow(Syscalls syscalls, int pid) throws SyscallException {
    var child = new Spawned(syscalls, pid);
    Readiness.ofThisProcess().await(child.kernel.openProcess(pid), child::reap);
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
    reaping.lock();
    try {
      if (!exit.isDone()) {
        syscalls.signal(pid, signal, true);
      }
    } catch (SyscallException e) {
      throw new IllegalStateException("our own child cannot be signalled", e);
    } finally {
      reaping.unlock();
    }
  }

  /** Takes away a child that has ended: from then on its number may be given to another. */
  private boolean reap() {
    reaping.lock();
    try {
      var status = new int[1];
      kernel.call("waitpid", "child " + pid, c -> c.waitpid(pid, status, 0));
      exit.complete(code(status[0]));
      return false;
    } catch (SyscallException e) {
      if (e.errno() == Errno.EINTR) {
        return true;
      }
      exit.completeExceptionally(e);
      return false;
    } finally {
      reaping.unlock();
    }
  }

  private static int code(int status) {
    var signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }
}
