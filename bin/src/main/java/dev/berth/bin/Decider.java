package dev.berth.bin;

import dev.berth.core.control.ControlDriver;
import dev.berth.core.control.ControlLoop;
import dev.berth.core.control.FaultHandler;
import dev.berth.core.explain.Explanations;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control loop on a thread of its own. */
final class Decider implements AutoCloseable, FaultHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Decider.class);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

  private final Consumer<Stop> stop;
  private final ControlLoop loop;
  private final ControlDriver driver;
  private volatile boolean decided;

  /**
   * @param stop called when nothing can be decided any more
   * @param loop makes the loop, given whom to tell of faults
   */
  Decider(Consumer<Stop> stop, InstantSource clock, Function<FaultHandler, ControlLoop> loop) {
    this.stop = stop;
    this.loop = loop.apply(this);
    this.driver = new ControlDriver(this.loop, clock, this);
  }

  void start() {
    Thread.ofPlatform().daemon().name("control").start(driver);
  }

  /** Whether it has read all there is and begun to decide. */
  boolean ready() {
    decided |= loop.deciding();
    return decided;
  }

  /** Why something waits, from what it decides on. */
  Explanations explanations() {
    return Explanations.of(loop);
  }

  @Override
  public void stopped(String why, @Nullable Throwable cause) {
    LOG.error("nothing is decided any more: {}", why, cause);
    stop.accept(new Stop(Stop.STORE, why));
  }

  @Override
  public void decisionFailed(String controller, ObjectKey key, RuntimeException cause) {
    LOG.error("{} could not decide on {}: a bug; it is tried again", controller, key, cause);
  }

  @Override
  public void close() {
    driver.stop();
    try {
      if (!driver.awaitEnd(STOP_WITHIN)) {
        LOG.warn("the control loop did not end within {}", STOP_WITHIN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
