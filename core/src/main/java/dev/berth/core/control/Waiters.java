package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The decisions that wait for the next thing that happens to some object. */
final class Waiters {

  private record Waiter(Controller controller, ObjectKey key) {}

  private final Map<ObjectKey, Set<Waiter>> byObject = new HashMap<>();

  /** Lets the controller look at {@code key} again when something happened to {@code object}. */
  void await(ObjectKey object, Controller controller, ObjectKey key) {
    byObject
        .computeIfAbsent(object, absent -> new LinkedHashSet<>())
        .add(new Waiter(controller, key));
  }

  /** Something happened to the object. */
  void release(ObjectKey object, Instant now) {
    var released = byObject.remove(object);
    if (released != null) {
      released.forEach(waiter -> waiter.controller().queue().add(waiter.key(), now));
    }
  }

  void clear() {
    byObject.clear();
  }
}
