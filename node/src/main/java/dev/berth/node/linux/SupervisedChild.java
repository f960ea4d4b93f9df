package dev.berth.node.linux;

import dev.berth.node.linux.ChildResult.Cause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One child from its start to its result: running → ended by itself, or told to end (SIGTERM), or
 * forced to (SIGKILL), or abandoned.
 */
final class SupervisedChild implements RunningChild {
  private static final Logger log = LoggerFactory.getLogger(SupervisedChild.class);
  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;
  private static final long OUTPUT_PATIENCE_MILLIS = 500;
  private static final long LONGEST_LOOK_MILLIS = 1000;

  private final ChildCommand command;
  private final Spawned process;
  private final SystemChildProcesses.Limits limits;
  private final OutputCapture out;
  private final OutputCapture err;
  private final CompletableFuture<Integer> exit;
  private final CompletableFuture<Cause> cancelled = new CompletableFuture<>();
  private final CompletableFuture<ChildResult> result = new CompletableFuture<>();

  /** Whether it is told to end: then its end is not its own. */
  private volatile boolean ending;

  SupervisedChild(
      ChildCommand command, Spawner.Captured child, SystemChildProcesses.Limits limits) {
    this.command = command;
    this.process = child.process();
    this.limits = limits;
    this.exit = process.exit();
    this.out = child.out();
    this.err = child.err();
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.of(process.pid());
  }

  @Override
  public CompletableFuture<ChildResult> result() {
    return result;
  }

  @Override
  public void cancel() {
    cancelled.complete(Cause.CANCELLED);
  }

  @Override
  public ChildResult await() throws InterruptedException {
    try {
      return result.get();
    } catch (InterruptedException e) {
      cancel();
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException("supervising " + command.commandLine(), e.getCause());
    }
  }

  void supervise() {
    exit.thenRun(this::tellOwnEnd);
    Thread.ofVirtual()
        .name("child-" + process.pid())
        .start(
            () -> {
              try {
                result.complete(follow());
              } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
  }

  /**
   * Tells of an end that nobody asked for as soon as it is known, on the thread that learns of it:
   * one operation runs several short children, and for each its thread would wait until this one's
   * supervisor has come to run.
   */
  private void tellOwnEnd() {
    if (!ending && out.ended() && err.ended()) {
      result.complete(new ChildResult.Exited(exit.join(), out.text(), err.text()));
    }
  }

  private ChildResult follow() throws InterruptedException {
    var reason = untilExitOrReason();
    if (reason == null || !process.isAlive()) {
      return exited();
    }
    ending = true;
    log.warn("ending child {} ({}): {}", process.pid(), reason, command.commandLine());
    process.signal(SIGTERM);
    if (!exitsWithin(limits.termGrace())) {
      process.signal(SIGKILL);
      if (!exitsWithin(limits.killGrace())) {
        log.error(
            "child {} is stuck in the kernel, abandoned: {}", process.pid(), command.commandLine());
        return new ChildResult.Abandoned(process.pid(), reason, lateExit());
      }
    }
    return new ChildResult.Killed(reason, text(out), text(err));
  }

  /** Waits for the exit; a cause when the child has to be ended before. */
  private @Nullable Cause untilExitOrReason() throws InterruptedException {
    var deadline = command.deadline();
    var start = System.nanoTime();
    var lastSign = start;
    var lastMark = Long.MIN_VALUE;
    var look = deadline.stall().map(SupervisedChild::lookMillis).orElse(LONGEST_LOOK_MILLIS);
    while (true) {
      var now = System.nanoTime();
      var left = deadline.total().toNanos() - (now - start);
      if (left <= 0) {
        return Cause.TOO_LONG;
      }
      if (deadline.stall().isPresent()) {
        var mark = progressMark(deadline);
        if (mark != lastMark) {
          lastMark = mark;
          lastSign = now;
        } else if (now - lastSign > deadline.stall().get().toNanos()) {
          return Cause.STALLED;
        }
      }
      var wait = Math.min(left, TimeUnit.MILLISECONDS.toNanos(look));
      try {
        CompletableFuture.anyOf(exit, cancelled).get(wait, TimeUnit.NANOSECONDS);
        return exit.isDone() ? null : Cause.CANCELLED;
      } catch (TimeoutException e) {
        // Look for progress again.
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  private static long lookMillis(Duration stall) {
    return Math.clamp(stall.toMillis() / 4, 1, LONGEST_LOOK_MILLIS);
  }

  private boolean exitsWithin(Duration grace) throws InterruptedException {
    try {
      exit.get(grace.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private ChildResult.Exited exited() throws InterruptedException {
    return new ChildResult.Exited(exit.join(), text(out), text(err));
  }

  private CompletableFuture<ChildResult.Exited> lateExit() {
    return exit.thenApplyAsync(
        ended -> {
          try {
            log.warn("abandoned child {} has ended: {}", process.pid(), command.commandLine());
            return exited();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  private static String text(OutputCapture capture) throws InterruptedException {
    return capture.text(OUTPUT_PATIENCE_MILLIS);
  }

  /** A number that changes as long as the child does anything. */
  private long progressMark(Deadline deadline) {
    var mark = deadline.progress().map(progress -> progress.getAsLong()).orElse(0L);
    return mark + cpuTicks() + ioCount();
  }

  private long cpuTicks() {
    var stat = proc("stat");
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    // utime and stime are fields 14 and 15; the first after the name is field 3.
    return fields.length < 13 ? 0 : Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private long ioCount() {
    var sum = 0L;
    for (var line : proc("io").split("\n")) {
      var colon = line.indexOf(": ");
      if (colon > 0) {
        sum += Long.parseLong(line.substring(colon + 2));
      }
    }
    return sum;
  }

  /** Empty when the process has just ended. */
  private String proc(String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      return "";
    }
  }
}
