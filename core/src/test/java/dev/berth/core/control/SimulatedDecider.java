package dev.berth.core.control;

import dev.berth.core.observe.Meters;
import dev.berth.core.registry.EventSink;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A control loop in a simulated world, behind a network of its own. */
final class SimulatedDecider implements FaultHandler {
  private static final int MOST_STEPS = 20_000;

  private final SimulatedNetwork network;
  private final ControlLoop loop;
  private boolean woken;
  private @Nullable Instant next;

  SimulatedDecider(
      ObjectStore store,
      Random random,
      PlantedBug bug,
      SimulatedNetwork.Tap tap,
      EventSink events,
      String name) {
    network = new SimulatedNetwork(store, random, bug, tap);
    loop =
        new ControlLoop(network, bug.controllers(), events, this, Meters.none(), name, bug::image);
    loop.onWork(() -> woken = true);
  }

  @Override
  public void stopped(String why, @Nullable Throwable cause) {
    if (!why.startsWith("another decider has taken over")) {
      throw new AssertionError("a decider stopped: " + why, cause);
    }
  }

  @Override
  public void decisionFailed(String controller, ObjectKey key, RuntimeException cause) {
    throw new AssertionError("the decision of " + controller + " on " + key + " failed", cause);
  }

  SimulatedNetwork network() {
    return network;
  }

  boolean stopped() {
    return loop.stopped();
  }

  void step(Instant now) {
    woken = false;
    next = loop.step(now).next();
  }

  boolean deciding() {
    return loop.deciding();
  }

  /** When it planned to go on by itself; null for never. */
  @Nullable Instant next() {
    return next;
  }

  /** Lets it work, on a network without faults, until it has nothing to do at this time. */
  void rest(Instant now) {
    for (var i = 0; i < MOST_STEPS; i++) {
      network.letChangesThrough(1000);
      woken = false;
      var progress = loop.step(now);
      next = progress.next();
      while (network.arrive(SimulatedNetwork.Fate.ARRIVES)) {
        woken = true;
      }
      while (network.answer()) {
        woken = true;
      }
      var due = next != null && !next.isAfter(now);
      if (!progress.more() && !due && !woken) {
        return;
      }
    }
    throw new AssertionError("a decider does not come to rest");
  }

  void kill() {
    network.kill();
    loop.close();
  }
}
