package dev.berth.node.linux;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/** A child process of ours. Its number is never signalled once it may belong to another process. */
final class Spawned {
  private static final int P_PID = 1;
  private static final int WEXITED = 4;
  private static final int WNOWAIT = 0x01000000;
  private static final int SIGINFO_BYTES = 128;

  private final NativeLibrary kernel = NativeLibrary.loaded();
  private final Syscalls syscalls;
  private final int pid;
  private final Optional<? extends OutputStream> stdin;
  private final InputStream stdout;
  private final InputStream stderr;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /** Held while the child is signalled, and while it is reaped. */
  private final ReentrantLock reaping = new ReentrantLock();

  Spawned(
      Syscalls syscalls,
      int pid,
      Optional<? extends OutputStream> stdin,
      InputStream stdout,
      InputStream stderr,
      Executor threads) {
    this.syscalls = syscalls;
    this.pid = pid;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    threads.execute(this::reap);
  }

  long pid() {
    return pid;
  }

  OutputStream stdin() {
    return stdin.orElseThrow();
  }

  InputStream stdout() {
    return stdout;
  }

  InputStream stderr() {
    return stderr;
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

  private void reap() {
    try {
      // First without taking the child away: until then its number cannot be given to another.
      await(c -> c.waitid(P_PID, pid, new byte[SIGINFO_BYTES], WEXITED | WNOWAIT));
      reaping.lock();
      try {
        var status = new int[1];
        await(c -> c.waitpid(pid, status, 0));
        exit.complete(code(status[0]));
      } finally {
        reaping.unlock();
      }
    } catch (SyscallException | RuntimeException e) {
      exit.completeExceptionally(e);
    }
  }

  private void await(ToLongFunction<LibC> wait) throws SyscallException {
    while (true) {
      try {
        kernel.call("wait", "child " + pid, wait);
        return;
      } catch (SyscallException e) {
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }

  private static int code(int status) {
    var signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }
}
