package dev.berth.core.control;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a control loop on the thread that calls {@link #run}, until it is told to stop. */
public final class ControlDriver implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlDriver.class);
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(30);

  private final ControlLoop loop;
  private final InstantSource clock;
  private final FaultHandler faults;
  private final Semaphore work = new Semaphore(0);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;

  public ControlDriver(ControlLoop loop, InstantSource clock, FaultHandler faults) {
    this.loop = loop;
    this.clock = clock;
    this.faults = faults;
    loop.onWork(work::release);
  }

  @Override
  public void run() {
    try {
      while (!stopping && !loop.stopped()) {
        work.drainPermits();
        var now = clock.instant();
        var progress = loop.step(now);
        if (!progress.more()) {
          sleep(progress, now);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("the control loop was interrupted and ends");
    } catch (RuntimeException | Error e) {
      faults.stopped("the control loop failed by a bug", e);
      throw e;
    } finally {
      loop.close();
      ended.countDown();
    }
  }

  private void sleep(ControlLoop.Progress progress, Instant now) throws InterruptedException {
    var wait = LONGEST_SLEEP;
    if (progress.next() != null) {
      var until = Duration.between(now, progress.next());
      wait = until.compareTo(wait) < 0 ? until : wait;
    }
    if (wait.isPositive()) {
      var woken = work.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
      LOG.trace("the control loop goes on, woken: {}", woken);
    }
  }

  /** Asks the loop to end after the step that it is in. */
  public void stop() {
    stopping = true;
    work.release();
  }

  /**
   * Waits until {@link #run} has returned.
   *
   * @return whether it has, within the time
   */
  public boolean awaitEnd(Duration most) throws InterruptedException {
    return ended.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }
}
