package dev.berth.core;

import dev.berth.core.binding.ClaimReconciler;
import dev.berth.core.binding.VolumeReconciler;
import dev.berth.core.control.ControlLoop;
import dev.berth.core.control.Controller;
import dev.berth.core.control.FaultHandler;
import dev.berth.core.lifecycle.ClaimProtection;
import dev.berth.core.lifecycle.EphemeralClaims;
import dev.berth.core.lifecycle.NamespaceReconciler;
import dev.berth.core.lifecycle.NodeLiveness;
import dev.berth.core.lifecycle.OrphanedPods;
import dev.berth.core.lifecycle.OwnerReconciler;
import dev.berth.core.lifecycle.VolumeProtection;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.EventSink;
import dev.berth.core.schedule.PodScheduler;
import dev.berth.core.schedule.SchedulingQueue;
import dev.berth.core.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;

/** All that decides, in one loop. */
public final class Controllers {

  private Controllers() {}

  /**
   * The loop that keeps every rule; a {@link dev.berth.core.control.ControlDriver} runs it.
   *
   * @param holder a name that no other decider ever uses: a new random one for each start
   * @param controls whether volumes, claims, nodes and what belongs together are looked after
   * @param schedules whether pods are given nodes
   */
  public static ControlLoop create(
      ObjectStore store,
      EventSink events,
      FaultHandler faults,
      Meters meters,
      String holder,
      boolean controls,
      boolean schedules) {
    return new ControlLoop(store, all(controls, schedules), events, faults, meters, holder);
  }

  /** The rules, each with an empty queue. */
  public static List<Controller> all(boolean controls, boolean schedules) {
    var all = new ArrayList<Controller>();
    if (controls) {
      all.addAll(rules());
    }
    if (schedules) {
      all.add(new Controller("scheduler", new PodScheduler(), new SchedulingQueue()));
    }
    return List.copyOf(all);
  }

  private static List<Controller> rules() {
    var claims = new ClaimReconciler();
    return List.of(
        Controller.of("claims", claims),
        Controller.of("volumes", new VolumeReconciler(claims)),
        Controller.of("ephemeral-claims", new EphemeralClaims()),
        Controller.of("claim-protection", new ClaimProtection()),
        Controller.of("volume-protection", new VolumeProtection()),
        Controller.of("namespaces", new NamespaceReconciler()),
        Controller.of("owners", new OwnerReconciler()),
        Controller.of("nodes", new NodeLiveness()),
        Controller.of("orphaned-pods", new OrphanedPods()));
  }
}
