package dev.berth.core.control;

import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The controllers, each of which gets its turn. */
final class Rota {

  /** A key that is due, and whose. */
  record Turn(Controller controller, ObjectKey key) {}

  private final List<Controller> controllers;
  private int next;

  Rota(List<Controller> controllers) {
    this.controllers = List.copyOf(controllers);
  }

  /** The next key of the next controller that has one; null when nothing is due. */
  @Nullable Turn poll(Instant now) {
    for (var asked = 0; asked < controllers.size(); asked++) {
      var controller = controllers.get(next);
      next = (next + 1) % controllers.size();
      var key = controller.queue().poll(now);
      if (key != null) {
        return new Turn(controller, key);
      }
    }
    return null;
  }

  void observe(Transition transition, ClusterView view, Instant now) {
    for (var controller : controllers) {
      controller.queue().observe(transition, view, now);
    }
  }

  /** When the first of them has something to do; null when nothing is planned. */
  @Nullable Instant earliest() {
    Instant earliest = null;
    for (var controller : controllers) {
      var time = controller.queue().next();
      if (time != null && (earliest == null || time.isBefore(earliest))) {
        earliest = time;
      }
    }
    return earliest;
  }

  void clear() {
    controllers.forEach(controller -> controller.queue().clear());
  }
}
