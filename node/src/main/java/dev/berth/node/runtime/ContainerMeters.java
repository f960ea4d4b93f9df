package dev.berth.node.runtime;

import dev.berth.core.observe.Meters;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What is counted and timed about the containers of all nodes in this process. */
public final class ContainerMeters {
  private final Meters.Timer starts;
  private final List<Node> nodes = new CopyOnWriteArrayList<>();

  /** A node's numbers. */
  interface Node {
    String name();

    long running();

    long exited();
  }

  public ContainerMeters(Meters meters) {
    starts = meters.timer("berth_container_start_seconds", "Time to start a container", "result");
    meters.gauges(
        "berth_containers",
        "Containers that a node knows",
        new String[] {"node", "state"},
        values -> {
          for (var node : nodes) {
            values.set((double) node.running(), node.name(), "running");
            values.set((double) node.exited(), node.name(), "exited");
          }
        });
  }

  void add(Node node) {
    nodes.add(node);
  }

  void remove(Node node) {
    nodes.remove(node);
  }

  void started(long nanos) {
    starts.record(nanos, "started");
  }

  void failed(long nanos) {
    starts.record(nanos, "failed");
  }
}
