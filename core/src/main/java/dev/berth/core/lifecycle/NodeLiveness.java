package dev.berth.core.lifecycle;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Condition;
import dev.berth.core.model.Node;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A node whose Lease is not renewed is not ready any more, as far as anybody can know; and a node
 * that is not ready gets no new pods. Its pods stay: their data is there. A node that never had a
 * Lease is taken at its word.
 */
public final class NodeLiveness implements Reconciler {

  /** How long a node may be silent. */
  static final Duration PATIENCE = Duration.ofSeconds(40);

  private static final String READY = "Ready";
  private static final String EFFECT = "NoSchedule";

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    var key = transition.key();
    if (Keys.is(key, ResourceTypes.NODE)) {
      wake.accept(key);
    } else if (transition.before() == null
        && Keys.is(key, ResourceTypes.LEASE)
        && key.namespace().equals(Keys.NODE_LEASES)) {
      wake.accept(Keys.node(key.name()));
    }
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var state = view.nodes().get(key.name());
    var node = state == null ? null : state.node();
    if (state == null || node == null) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var heartbeat = state.heartbeat();
    var silentFrom = heartbeat == null ? null : heartbeat.plus(PATIENCE);
    var silent = silentFrom != null && !now.isBefore(silentFrom);
    var draft = new Draft();
    var edit = Edit.of(node);
    if (silent && !ready(node.view()).equals("Unknown")) {
      edit.condition(
          new Condition(
              READY,
              "Unknown",
              "NodeStatusUnknown",
              "the node has not renewed its Lease for " + PATIENCE.toSeconds() + " s",
              null),
          now);
      draft.warning(
          node, "NodeNotReady", "Node %s status is now: NodeNotReady".formatted(key.name()));
    }
    taint(edit, silent ? "Unknown" : ready(node.view()));
    draft.write(edit);
    return silentFrom == null || silent ? draft.whenever() : draft.at(silentFrom);
  }

  /** True, False or Unknown; empty when the node does not say. */
  private static String ready(Node node) {
    for (var condition : node.status().conditions()) {
      if (condition.type().equals(READY)) {
        return condition.status();
      }
    }
    return "";
  }

  private static void taint(Edit edit, String ready) {
    hold(edit, NodeState.NOT_READY, ready.equals("False"));
    hold(edit, NodeState.UNREACHABLE, ready.equals("Unknown"));
  }

  /** Sets the taint, or removes it. */
  private static void hold(Edit edit, String key, boolean wanted) {
    var present = edit.get("spec", "taints") != null;
    if (!present && !wanted) {
      return;
    }
    var taints = edit.array("spec", "taints");
    for (var i = taints.size() - 1; i >= 0; i--) {
      var taint = taints.get(i);
      if (taint.path("key").asString("").equals(key)
          && taint.path("effect").asString("").equals(EFFECT)) {
        if (wanted) {
          return;
        }
        taints.remove(i);
        edit.touch();
      }
    }
    if (wanted) {
      ObjectNode taint = JsonNodeFactory.instance.objectNode();
      taints.add(taint.put("key", key).put("effect", EFFECT));
      edit.touch();
    } else if (taints.isEmpty()) {
      edit.remove("spec", "taints");
    }
  }
}
