package dev.berth.node;

/** What can happen to a server at one of its steps. */
enum Fault {
  /** The step fails once, without having done anything. */
  ERROR,
  /** The step takes long. */
  DELAY,
  /** The step never ends. */
  HANG,
  /** The server dies before the step. */
  KILL_BEFORE,
  /** The server dies when the step is done and before it knows. */
  KILL_AFTER,
  /** The host loses power when the step is done: what was not synced is lost. */
  POWER_CUT;

  /** Whether the server does not outlive it. */
  boolean deadly() {
    return switch (this) {
      case KILL_BEFORE, KILL_AFTER, POWER_CUT -> true;
      case ERROR, DELAY, HANG -> false;
    };
  }

  /** Whether it can make a difference at a step that only looks: a death there is one before. */
  boolean concerns(FaultStep step) {
    return switch (this) {
      case ERROR, DELAY, HANG -> true;
      case KILL_BEFORE, KILL_AFTER, POWER_CUT -> step.changes();
    };
  }
}
