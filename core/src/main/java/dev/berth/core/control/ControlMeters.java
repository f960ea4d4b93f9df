package dev.berth.core.control;

import dev.berth.core.observe.Meters;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** What the control loop tells about itself. Written by its thread, read by scrapes. */
final class ControlMeters {
  private final Meters.Counter decisions;
  private final Meters.Counter commits;
  private final List<Controller> controllers;
  private final AtomicIntegerArray queued;
  private volatile int inFlight;
  private volatile long revision;

  ControlMeters(Meters meters, List<Controller> controllers) {
    this.controllers = List.copyOf(controllers);
    this.queued = new AtomicIntegerArray(controllers.size());
    decisions =
        meters.counter(
            "berth_control_decisions",
            "Decisions by controller and outcome",
            "controller",
            "outcome");
    commits =
        meters.counter(
            "berth_control_commits",
            "Transactions of decisions by controller and result",
            "controller",
            "result");
    meters.gauges(
        "berth_control_queue_keys",
        "Keys that are due or planned",
        new String[] {"controller"},
        values -> {
          for (var i = 0; i < controllers.size(); i++) {
            values.set(queued.get(i), controllers.get(i).name());
          }
        });
    meters.gauge("berth_control_commits_in_flight", "Decisions not yet answered", () -> inFlight);
    meters.gauge("berth_control_revision", "Revision that decisions are made on", () -> revision);
  }

  void decided(Controller controller) {
    decisions.add(1, controller.name(), "decided");
  }

  void faulted(Controller controller) {
    decisions.add(1, controller.name(), "failed");
  }

  void committed(Controller controller) {
    commits.add(1, controller.name(), "committed");
  }

  void conflicted(Controller controller) {
    commits.add(1, controller.name(), "conflict");
  }

  void lost(Controller controller) {
    commits.add(1, controller.name(), "unknown");
  }

  void publish(int inFlight, long revision) {
    this.inFlight = inFlight;
    this.revision = revision;
    for (var i = 0; i < controllers.size(); i++) {
      queued.set(i, controllers.get(i).queue().size());
    }
  }
}
