package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Mistakes about volumes that nodes make. */
final class PlantedProvisioning {

  private PlantedProvisioning() {}

  /** What nodes are asked for is known only to the decider that asked. */
  static void forgetRequests(List<Controller> controllers) {
    var asked = new HashSet<ObjectKey>();
    controllers.replaceAll(
        each ->
            List.of("claims", "scheduler").contains(each.name())
                ? new Controller(each.name(), forgetful(each.reconciler(), asked), each.queue())
                : each);
  }

  private static Reconciler forgetful(Reconciler reconciler, Set<ObjectKey> asked) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(without(view, asked), key, now);
        plan.steps().stream()
            .filter(step -> Keys.is(step.key(), ResourceTypes.VOLUME))
            .forEach(step -> asked.add(step.key()));
        return plan;
      }
    };
  }

  private static ClusterView without(ClusterView view, Set<ObjectKey> known) {
    return AlteredView.of(
        view,
        (asked, answer) ->
            asked.equals("volume")
                    && answer instanceof Observed<?> object
                    && object.view() instanceof PersistentVolume volume
                    && ProvisionProtocol.of(volume) instanceof ProvisionProtocol.Requested
                    && !known.contains(object.key())
                ? null
                : answer);
  }

  /** Never takes a claim away from a node. */
  static Reconciler keepingNode(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(view, key, now);
        var claim = view.claim(key);
        var node =
            claim == null
                ? null
                : claim.view().metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
        if (node == null) {
          return plan;
        }
        if (plan.steps().size() == 1 && plan.steps().getFirst().key().equals(key)) {
          return Plan.NOTHING;
        }
        var steps = new ArrayList<Transaction.Step>();
        for (var step : plan.steps()) {
          steps.add(step.key().equals(key) ? sentTo(node, step) : step);
        }
        return new Plan(steps, plan.notices(), plan.next());
      }
    };
  }

  private static Transaction.Step sentTo(String node, Transaction.Step step) {
    if (!(step instanceof Transaction.Put(var key, var expected, var document))) {
      return step;
    }
    var tree = Json.parseObject(document);
    tree.withObject("metadata")
        .withObject("annotations")
        .put(PersistentVolumeClaim.SELECTED_NODE, node);
    return new Transaction.Put(key, expected, Json.write(tree));
  }

  /** Does not tell that the pod whose volume is made will come. */
  static Reconciler keepingNoRoom(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(view, key, now);
        if (plan.steps().stream().noneMatch(step -> Keys.is(step.key(), ResourceTypes.CLAIM))) {
          return plan;
        }
        var steps = new ArrayList<>(plan.steps());
        steps.removeIf(PlantedProvisioning::onlyKeepsRoom);
        return new Plan(steps, plan.notices(), plan.next());
      }
    };
  }

  private static boolean onlyKeepsRoom(Transaction.Step step) {
    return step instanceof Transaction.Put(var key, var expected, var document)
        && Keys.is(key, ResourceTypes.POD)
        && Json.view(document, Pod.class).nodeName().isEmpty();
  }

  /** Takes what was asked for as done. */
  static Reconciler careless(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var volume = view.volume(key.name());
        return volume != null
                && !view.isBusy(key)
                && ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.RemovalRequested
            ? new Draft().step(Edit.delete(volume)).whenever()
            : super.reconcile(view, key, now);
      }
    };
  }
}
