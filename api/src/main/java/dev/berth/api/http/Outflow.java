package dev.berth.api.http;

import io.netty.channel.Channel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way from a request's thread to its channel: as much as the client takes, no more. Also tells
 * the request when nobody wants its answer any longer.
 */
final class Outflow {
  private final Channel channel;
  private final Duration stall;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> ends = new ArrayList<>();
  private boolean ending;

  /**
   * @param stall how long the client may take nothing
   */
  Outflow(Channel channel, Duration stall) {
    this.channel = channel;
    this.stall = stall;
  }

  /** Writes and flushes a message when there is room. */
  void send(Object message) throws IOException {
    try {
      awaitRoom();
    } catch (IOException | RuntimeException failure) {
      ReferenceCountUtil.release(message);
      throw failure;
    }
    channel.writeAndFlush(message);
  }

  private void awaitRoom() throws IOException {
    lock.lock();
    try {
      var pending = Long.MAX_VALUE;
      var left = stall.toNanos();
      while (!channel.isWritable()) {
        if (!channel.isActive()) {
          throw new ClosedChannelException();
        }
        var now = channel.bytesBeforeWritable();
        left = now < pending ? stall.toNanos() : left;
        pending = now;
        if (left <= 0) {
          channel.close();
          throw new IOException("the client took nothing for " + stall.toSeconds() + " s");
        }
        var slice = Math.min(left, TimeUnit.SECONDS.toNanos(1));
        left -= slice - Math.max(0, changed.awaitNanos(slice));
      }
      if (!channel.isActive()) {
        throw new ClosedChannelException();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the client took nothing", interrupted);
    } finally {
      lock.unlock();
    }
  }

  /** The channel's buffer has filled or drained, or the channel has closed. */
  void changed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more is wanted. */
  void end() {
    List<Runnable> run;
    lock.lock();
    try {
      ending = true;
      run = List.copyOf(ends);
      ends.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    run.forEach(Runnable::run);
  }

  void onEnd(Runnable end) {
    lock.lock();
    try {
      if (!ending) {
        ends.add(end);
        return;
      }
    } finally {
      lock.unlock();
    }
    end.run();
  }

  boolean ending() {
    lock.lock();
    try {
      return ending;
    } finally {
      lock.unlock();
    }
  }
}
