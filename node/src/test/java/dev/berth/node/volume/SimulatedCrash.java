package dev.berth.node.volume;

/** The process is killed at this very step. */
final class SimulatedCrash extends Error {
  SimulatedCrash() {
    super("killed", null, false, false);
  }
}
