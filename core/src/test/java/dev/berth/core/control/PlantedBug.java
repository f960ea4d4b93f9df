package dev.berth.core.control;

import dev.berth.core.Controllers;
import dev.berth.core.binding.Binding;
import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Mistakes that a simulation must find. */
enum PlantedBug {
  NONE,
  /** What is decided is not seen by the next decision before it is in the store. */
  NO_RESERVATION,
  /** The writes of a decision are committed one by one. */
  SPLIT_COMMIT,
  /** A decision whose commit failed is not made again. */
  LOST_REQUEUE,
  /** A volume that becomes free wakes nobody. */
  LOST_WAKE_UP,
  /** Nobody looks whether an object is still as it was when it was read. */
  STALE_VIEW,
  /** What a decision only relied on is not required at its commit. */
  NO_CHECKS,
  /** A decider that was deposed goes on committing. */
  NO_EPOCH,
  /** A lost answer is taken for a failure. */
  UNKNOWN_IS_FAILURE,
  /** A claim gets the largest volume instead of the smallest. */
  WRONG_FIT,
  /** A volume is offered before it was wiped. */
  NO_WIPE,
  /** A claim goes although a pod uses it. */
  NO_PROTECTION,
  /** A pod is placed as if it tolerated every taint. */
  TAINTS_IGNORED,
  /** A pod is placed as if it had no neighbours to keep apart from. */
  NEIGHBOURS_IGNORED,
  /** A pod is placed as if it took no ports. */
  PORTS_IGNORED,
  /** Claims are bound as if they were in no group. */
  GROUPS_IGNORED,
  /** Claims are bound as if they might be beside each other. */
  SPREAD_IGNORED,
  /** Where volumes will be that are being given away at the moment is not looked at. */
  SPREAD_OF_FLIGHTS_IGNORED,
  /** A pod gets its node before one of its claims gets its volume. */
  FORGOTTEN_CLAIM,
  /** A decider that starts does not see what nodes were asked to make before. */
  SECOND_VOLUME,
  /** A claim stays with the node that could not make its volume. */
  SELECTION_KEPT,
  /** The object of a volume goes before its node has removed it. */
  FORGOTTEN_STORAGE,
  /** Nodes are asked for more than they report to be free. */
  CAPACITY_IGNORED,
  /** No room is kept for a pod while its volume is being made. */
  ROOM_NOT_KEPT,
  /** What was made for a group stays when the rest of it cannot be had there. */
  GROUP_KEEPS_ITS_VOLUMES,
  /** A volume that becomes free is offered to no group. */
  GROUP_NOT_OFFERED,
  /** The first pod that is placed decides for all that use claims of its group. */
  COMPANY_IGNORED;

  /** The controllers with this mistake. */
  List<Controller> controllers() {
    var controllers = new ArrayList<>(Controllers.all(true, true));
    switch (this) {
      case LOST_REQUEUE -> controllers.replaceAll(PlantedBug::forgetful);
      case LOST_WAKE_UP -> replace(controllers, "volumes", PlantedBug::deaf);
      case WRONG_FIT -> replace(controllers, "claims", PlantedBug::largestFirst);
      case NO_WIPE -> replace(controllers, "volumes", PlantedBug::unwiped);
      case FORGOTTEN_CLAIM -> replaceScheduler(controllers, PlantedBug::hasty);
      case GROUP_KEEPS_ITS_VOLUMES -> replace(controllers, "claims", PlantedGrouping::keeping);
      case GROUP_NOT_OFFERED -> replace(controllers, "volumes", PlantedGrouping::unsociable);
      case COMPANY_IGNORED -> replaceScheduler(controllers, PlantedGrouping::alone);
      case TAINTS_IGNORED ->
          blindfold(
              controllers,
              tree ->
                  tree.withObject("spec")
                      .putArray("tolerations")
                      .addObject()
                      .put("operator", "Exists"));
      case NEIGHBOURS_IGNORED ->
          blindfold(
              controllers,
              tree -> {
                tree.withObject("spec").remove("affinity");
                tree.withObject("metadata").remove("labels");
              });
      case PORTS_IGNORED ->
          blindfold(
              controllers,
              tree ->
                  tree.withObject("spec")
                      .withArray("containers")
                      .forEach(container -> ((ObjectNode) container).remove("ports")));
      case NO_PROTECTION -> replace(controllers, "claim-protection", PlantedBug::unprotected);
      case GROUPS_IGNORED ->
          PlantedBlindness.misread(controllers, PersistentVolumeClaim.VOLUME_GROUP);
      case SPREAD_IGNORED ->
          PlantedBlindness.misread(controllers, PersistentVolumeClaim.VOLUME_SPREAD);
      case SPREAD_OF_FLIGHTS_IGNORED -> PlantedBlindness.overlook(controllers);
      case SECOND_VOLUME -> PlantedProvisioning.forgetRequests(controllers);
      case SELECTION_KEPT -> replace(controllers, "claims", PlantedProvisioning::keepingNode);
      case ROOM_NOT_KEPT -> replaceScheduler(controllers, PlantedProvisioning::keepingNoRoom);
      case FORGOTTEN_STORAGE -> replace(controllers, "volumes", PlantedProvisioning::careless);
      case NONE,
          NO_RESERVATION,
          SPLIT_COMMIT,
          STALE_VIEW,
          NO_CHECKS,
          NO_EPOCH,
          UNKNOWN_IS_FAILURE,
          CAPACITY_IGNORED -> {}
    }
    return controllers;
  }

  ClusterImage image() {
    return switch (this) {
      case NO_RESERVATION -> new UnreservedImage();
      case CAPACITY_IGNORED -> new UnreportedImage();
      default -> new ClusterImage();
    };
  }

  /** What becomes of a transaction. */
  List<Transaction> distort(Transaction transaction) {
    return switch (this) {
      case SPLIT_COMMIT -> split(transaction);
      case STALE_VIEW -> List.of(without(transaction, PlantedBug::weaker));
      case NO_CHECKS ->
          List.of(
              without(
                  transaction,
                  step ->
                      step instanceof Transaction.Check && !step.key().equals(Epoch.KEY)
                          ? null
                          : step));
      case NO_EPOCH ->
          List.of(
              without(
                  transaction,
                  step ->
                      step instanceof Transaction.Check && step.key().equals(Epoch.KEY)
                          ? null
                          : step));
      default -> List.of(transaction);
    };
  }

  private static Transaction without(
      Transaction transaction, UnaryOperator<Transaction.@Nullable Step> change) {
    var steps = new ArrayList<Transaction.Step>();
    for (var step : transaction.steps()) {
      var changed = change.apply(step);
      // The place of each step is kept for its answer.
      steps.add(
          changed == null ? new Transaction.Check(step.key(), Expectation.anything()) : changed);
    }
    return Transaction.of(steps);
  }

  private static Transaction.@Nullable Step weaker(Transaction.@Nullable Step step) {
    return switch (step) {
      case Transaction.Put(var key, var expected, var document) when !key.equals(Epoch.KEY) ->
          new Transaction.Put(key, Expectation.present(), document);
      case null -> null;
      case Transaction.Step other -> other;
    };
  }

  private static List<Transaction> split(Transaction transaction) {
    var epoch = transaction.steps().getLast();
    var parts = new ArrayList<Transaction>();
    for (var step : transaction.steps()) {
      if (step.key().equals(Epoch.KEY)) {
        continue;
      }
      parts.add(epoch.key().equals(Epoch.KEY) ? Transaction.of(step, epoch) : Transaction.of(step));
    }
    return parts.isEmpty() ? List.of(transaction) : parts;
  }

  private static void replace(
      List<Controller> controllers, String name, UnaryOperator<Reconciler> change) {
    controllers.replaceAll(
        each ->
            each.name().equals(name) ? Controller.of(name, change.apply(each.reconciler())) : each);
  }

  private static void replaceScheduler(
      List<Controller> controllers, UnaryOperator<Reconciler> change) {
    controllers.replaceAll(
        each ->
            each.name().equals("scheduler")
                ? new Controller(each.name(), change.apply(each.reconciler()), each.queue())
                : each);
  }

  /** Shows the scheduler something else than the pods that it places. */
  private static void blindfold(List<Controller> controllers, Consumer<ObjectNode> change) {
    replaceScheduler(controllers, reconciler -> PlantedBlindness.blind(reconciler, change));
  }

  private static Controller forgetful(Controller controller) {
    return new Controller(
        controller.name(), controller.reconciler(), new ForgetfulQueue(controller.queue()));
  }

  private static Reconciler deaf(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
        if (transition.before() == null || !Keys.is(transition.key(), ResourceTypes.VOLUME)) {
          super.wakes(transition, view, wake);
        }
      }
    };
  }

  private static Reconciler largestFirst(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var claim = view.claim(key);
        if (claim != null
            && !view.isBusy(key)
            && claim.view().volumeName().isEmpty()
            && !claim.view().metadata().deleting()
            && view.storageClass(claim.view().className()) == null) {
          var largest = largest(view, claim);
          if (largest != null) {
            var draft = new Draft();
            Binding.write(draft, largest, claim);
            return draft.whenever();
          }
        }
        return super.reconcile(view, key, now);
      }
    };
  }

  private static @Nullable Observed<PersistentVolume> largest(
      ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var fitting = new ArrayList<Observed<PersistentVolume>>();
    view.volumes()
        .free(PoolKey.of(claim.view()))
        .offer(
            Set.copyOf(claim.view().spec().accessModes()),
            claim.view().request().ceiling(),
            volume -> {
              if (BruteForce.fits(volume.view(), claim.view())
                  && BruteForce.isFree(volume.view())) {
                fitting.add(volume);
              }
              return true;
            });
    return fitting.isEmpty() ? null : fitting.getLast();
  }

  private static Reconciler unwiped(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var volume = view.volume(key.name());
        if (volume != null && !view.isBusy(key) && WipeProtocol.isDirty(volume.view())) {
          return new Draft()
              .write(
                  Edit.of(volume)
                      .remove("spec", "claimRef")
                      .annotation(WipeProtocol.WIPE, null)
                      .set("Available", "status", "phase"))
              .whenever();
        }
        return super.reconcile(view, key, now);
      }
    };
  }

  private static Reconciler unprotected(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var claim = view.claim(key);
        return claim != null
                && !view.isBusy(key)
                && claim.view().metadata().deleting()
                && claim.view().metadata().finalizers().size() == 1
            ? new Draft().step(Edit.delete(claim)).whenever()
            : super.reconcile(view, key, now);
      }
    };
  }

  private static Reconciler hasty(Reconciler reconciler) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var plan = super.reconcile(view, key, now);
        var steps = new ArrayList<>(plan.steps());
        if (steps.size() > 3) {
          steps.removeIf(step -> Keys.is(step.key(), ResourceTypes.CLAIM));
          steps.removeIf(step -> Keys.is(step.key(), ResourceTypes.VOLUME));
        }
        return new Plan(steps, plan.notices(), plan.next());
      }
    };
  }

  /** Shows nothing of what nodes report. */
  private static final class UnreportedImage extends ClusterImage {
    @Override
    public CapacityIndex capacities() {
      return new CapacityIndex();
    }
  }

  /** Shows objects as they were while their writes are in flight. */
  private static final class UnreservedImage extends ClusterImage {
    @Override
    void overlay(ObjectKey key, @Nullable Observed<?> shown, Instant now) {
      super.overlay(key, object(key), now);
    }
  }
}
