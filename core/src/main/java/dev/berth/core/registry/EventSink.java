package dev.berth.core.registry;

import dev.berth.core.model.ObjectReference;

/**
 * Takes events for people. Never blocks and never fails: when too many come at once some are
 * dropped and counted. Repetitions of an event become a count on the first.
 */
public interface EventSink {

  /**
   * @param involved what it is about
   * @param type {@link dev.berth.core.model.Event#NORMAL} or {@link
   *     dev.berth.core.model.Event#WARNING}
   * @param reason one word for programs
   * @param message a sentence for people
   */
  void record(ObjectReference involved, String type, String reason, String message);
}
