package dev.berth.core.lifecycle;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Removal;
import dev.berth.core.control.Transition;
import dev.berth.core.model.ApiObject;
import dev.berth.core.model.ObjectMeta.OwnerReference;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.databind.node.ArrayNode;

/**
 * What belongs to something goes with it. An object whose owners have all gone is deleted; while an
 * owner with the finalizer {@code foregroundDeletion} waits, its dependents are deleted first; one
 * with the finalizer {@code orphan} lets them go free.
 */
public final class OwnerReconciler implements Reconciler {
  private static final int AT_ONCE = Transaction.MAX_WRITES - 1;

  /** How an owner stands to what it owns. */
  private enum Standing {
    ALIVE,
    /** It waits for its dependents to go first. */
    WAITING,
    GONE
  }

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    var after = transition.after();
    if (after != null && (!after.metadata().ownerReferences().isEmpty() || waits(after))) {
      wake.accept(transition.key());
    }
    var metadata = transition.either().metadata();
    if (after == null || waits(after)) {
      view.owners().ownedBy(metadata.uid()).forEach(wake);
    }
    if (transition.before() != null) {
      for (var reference : transition.before().metadata().ownerReferences()) {
        var owner = view.owners().withUid(reference.uid());
        var object = owner == null ? null : view.object(owner);
        if (object != null && waits(object.view())) {
          wake.accept(object.key());
        }
      }
    }
  }

  private static boolean waits(ApiObject object) {
    var metadata = object.metadata();
    return metadata.deleting()
        && (metadata.finalizers().contains(Finalizers.FOREGROUND)
            || metadata.finalizers().contains(Finalizers.ORPHAN));
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var object = view.object(key);
    if (object == null) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var metadata = object.view().metadata();
    if (metadata.deleting()) {
      if (Finalizers.has(object, Finalizers.ORPHAN)) {
        return orphan(view, object);
      }
      return Finalizers.has(object, Finalizers.FOREGROUND)
          ? awaitDependents(view, object)
          : Plan.NOTHING;
    }
    return metadata.ownerReferences().isEmpty() ? Plan.NOTHING : collect(view, object, now);
  }

  private static Plan orphan(ClusterView view, Observed<?> owner) {
    var uid = owner.view().metadata().uid();
    var dependents = view.owners().ownedBy(uid);
    var busy = view.busyAmong(dependents);
    if (!busy.isEmpty()) {
      return Plan.waitFor(busy.toArray(ObjectKey[]::new));
    }
    var draft = new Draft();
    for (var key : dependents) {
      var dependent = view.object(key);
      if (dependent != null && draft.writeCount() < AT_ONCE) {
        draft.write(without(dependent, Set.of(uid)));
      }
    }
    return draft.writes()
        ? draft.whenever()
        : draft.step(Removal.giveUp(owner, Finalizers.ORPHAN)).whenever();
  }

  private static Plan awaitDependents(ClusterView view, Observed<?> owner) {
    var uid = owner.view().metadata().uid();
    for (var key : view.owners().ownedBy(uid)) {
      var dependent = view.object(key);
      if (dependent != null
          && dependent.view().metadata().ownerReferences().stream()
              .anyMatch(reference -> isBlocking(reference, uid))) {
        return Plan.NOTHING;
      }
    }
    return new Draft().step(Removal.giveUp(owner, Finalizers.FOREGROUND)).whenever();
  }

  private static boolean isBlocking(OwnerReference reference, String owner) {
    return reference.uid().equals(owner) && reference.blockOwnerDeletion();
  }

  private static Plan collect(ClusterView view, Observed<?> object, Instant now) {
    var draft = new Draft();
    var going = new HashSet<String>();
    var alive = false;
    var awaited = false;
    for (var reference : object.view().metadata().ownerReferences()) {
      var type = type(reference);
      // An owner of a kind that is not served cannot be looked for.
      var standing =
          type.isEmpty() ? Standing.ALIVE : standing(view, object.key(), reference, type.get());
      if (standing == Standing.ALIVE) {
        alive = true;
        continue;
      }
      awaited |= standing == Standing.WAITING;
      going.add(reference.uid());
      var place = place(object.key(), reference, type.orElseThrow());
      var present = view.object(place);
      if (present == null) {
        draft.relyOnAbsence(place);
      } else if (view.isBusy(place)) {
        return Plan.waitFor(place);
      } else {
        draft.relyOn(present);
      }
    }
    if (going.isEmpty()) {
      return Plan.NOTHING;
    }
    if (alive) {
      return draft.write(without(object, going)).whenever();
    }
    var owns = !view.owners().ownedBy(object.view().metadata().uid()).isEmpty();
    // Whoever waits for this object waits for what belongs to it, too.
    var request =
        awaited && owns
            ? Removal.requestAfterDependents(object, now, Finalizers.FOREGROUND)
            : Removal.request(object, now);
    return request == null ? Plan.NOTHING : draft.step(request).whenever();
  }

  private static Standing standing(
      ClusterView view, ObjectKey dependent, OwnerReference reference, ResourceType type) {
    var owner = view.object(place(dependent, reference, type));
    if (type.namespaced() && dependent.namespace().isEmpty()) {
      return Standing.ALIVE;
    }
    if (owner == null || !owner.view().metadata().uid().equals(reference.uid())) {
      return Standing.GONE;
    }
    return owner.view().metadata().deleting() && Finalizers.has(owner, Finalizers.FOREGROUND)
        ? Standing.WAITING
        : Standing.ALIVE;
  }

  private static ObjectKey place(ObjectKey dependent, OwnerReference reference, ResourceType type) {
    var namespace = type.namespaced() ? dependent.namespace() : "";
    return new ObjectKey(type.resource(), namespace, reference.name());
  }

  private static Optional<ResourceType> type(OwnerReference reference) {
    return ResourceTypes.ALL.stream()
        .filter(type -> type.kind().equals(reference.kind()))
        .filter(type -> type.apiVersion().equals(reference.apiVersion()))
        .findFirst();
  }

  private static Edit without(Observed<?> object, Set<String> owners) {
    var edit = Edit.of(object);
    if (edit.get("metadata", "ownerReferences") instanceof ArrayNode references) {
      for (var i = references.size() - 1; i >= 0; i--) {
        if (owners.contains(references.get(i).path("uid").asString(""))) {
          references.remove(i);
          edit.touch();
        }
      }
      if (references.isEmpty()) {
        edit.remove("metadata", "ownerReferences");
      }
    }
    return edit;
  }
}
