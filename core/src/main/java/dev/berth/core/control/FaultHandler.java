package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import org.jspecify.annotations.Nullable;

/** Is told what should not happen. */
public interface FaultHandler {

  /**
   * The control loop has stopped for good: its store is broken, or another decider has taken over.
   * The process should stop rather than guess.
   */
  void stopped(String why, @Nullable Throwable cause);

  /** A decision failed by a bug; nothing of it was done, and the key is tried again later. */
  void decisionFailed(String controller, ObjectKey key, RuntimeException cause);
}
