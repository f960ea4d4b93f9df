package dev.berth.node.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A container that this server works with: what is recorded of it, and who works on it now. Whoever
 * changes the record or the container's files holds {@link #lock}; reading the record needs no
 * lock.
 */
final class OciContainer {
  final ContainerId id;
  final ContainerPaths paths;
  final ContainerLog log;
  final ReentrantLock lock = new ReentrantLock();

  private final CompletableFuture<ContainerRecord> exited = new CompletableFuture<>();
  private volatile ContainerRecord record;
  private volatile long killAtNanos = Long.MAX_VALUE;
  private CompletableFuture<Boolean> hurried = new CompletableFuture<>();

  OciContainer(ContainerRecord record, ContainerPaths paths, ContainerLog log) {
    this.id = record.id();
    this.record = record;
    this.paths = paths;
    this.log = log;
    if (record.exit() != null) {
      exited.complete(record);
    }
  }

  ContainerRecord record() {
    return record;
  }

  /** Remembers a newer record, which has been written. */
  void become(ContainerRecord newer) {
    record = newer;
    if (newer.exit() != null) {
      exited.complete(newer);
    }
  }

  boolean ended() {
    return record.exit() != null;
  }

  ContainerStatus status() {
    var now = record;
    return new ContainerStatus(
        id,
        now.pod(),
        now.image(),
        now.imageId(),
        "oci://" + paths.cid(),
        now.grace(),
        paths.log(),
        now.createdAt(),
        now.state());
  }

  /** The directory with the logs of this container's runs. */
  Path logDirectory() {
    var parent = paths.log().getParent();
    return parent == null ? paths.log() : parent;
  }

  /** Whether it ends by itself before {@code limit} has passed. */
  boolean endsWithin(Duration limit) throws InterruptedException {
    return done(exited, limit.toNanos());
  }

  /**
   * Waits until it has ended, or until the time has come to kill it: {@code grace} from now, or
   * earlier when somebody else asks for less.
   *
   * @return whether it has ended
   */
  boolean endsInGrace(Duration grace) throws InterruptedException {
    hurry(System.nanoTime() + grace.toNanos());
    while (!exited.isDone()) {
      CompletableFuture<Boolean> change;
      long left;
      synchronized (this) {
        change = hurried;
        left = killAtNanos - System.nanoTime();
      }
      if (left <= 0) {
        return false;
      }
      done(CompletableFuture.anyOf(exited, change), left);
    }
    return true;
  }

  private synchronized void hurry(long killAt) {
    if (killAtNanos == Long.MAX_VALUE || killAt - killAtNanos < 0) {
      killAtNanos = killAt;
      hurried.complete(true);
      hurried = new CompletableFuture<>();
    }
  }

  private static boolean done(CompletableFuture<?> future, long nanos) throws InterruptedException {
    try {
      future.get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }
}
