package dev.berth.core.lifecycle;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Removal;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Condition;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.databind.node.ArrayNode;

/**
 * A namespace on its way out is emptied, its pods first, so that what they use is there while they
 * stop; and it goes when nothing is left in it.
 */
public final class NamespaceReconciler implements Reconciler {
  private static final String FINALIZER = "kubernetes";

  /** Before and after all names. */
  private static final String FIRST = "-";

  private static final String LAST = "~";

  private static final int AT_ONCE = Transaction.MAX_WRITES - 1;

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    var key = transition.key();
    if (Keys.is(key, ResourceTypes.NAMESPACE)) {
      wake.accept(key);
    } else if (!key.namespace().isEmpty()) {
      var namespace = view.namespace(key.namespace());
      if (namespace != null && namespace.view().metadata().deleting()) {
        wake.accept(namespace.key());
      }
    }
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var namespace = view.namespace(key.name());
    if (namespace == null || !namespace.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var contents = view.owners().in(key.name());
    if (contents.isEmpty()) {
      return finish(namespace);
    }
    var pods = pods(contents);
    var draft = new Draft();
    for (var content : pods.isEmpty() ? contents : pods) {
      var object = view.object(content);
      if (object != null && !view.isBusy(content)) {
        delete(object, draft, now);
      }
      if (draft.writeCount() == AT_ONCE) {
        break;
      }
    }
    if (!draft.writes()) {
      draft.write(explained(view, namespace, contents, now));
    }
    return draft.whenever();
  }

  /** Those of the keys that are pods: together, since keys are sorted. */
  private static Set<ObjectKey> pods(SortedSet<ObjectKey> contents) {
    var resource = ResourceTypes.POD.resource();
    var namespace = contents.getFirst().namespace();
    return contents.subSet(
        new ObjectKey(resource, namespace, FIRST), new ObjectKey(resource, namespace, LAST));
  }

  private static Edit explained(
      ClusterView view, Observed<Namespace> namespace, Set<ObjectKey> contents, Instant now) {
    var remaining = new TreeMap<String, Integer>();
    var finalizers = new TreeMap<String, Integer>();
    for (var content : contents) {
      var object = view.object(content);
      if (object != null) {
        remaining.merge(counted(content.resource()), 1, Integer::sum);
        var held = object.view().metadata().finalizers();
        held.forEach(name -> finalizers.merge(name, 1, Integer::sum));
      }
    }
    return explained(namespace, remaining, finalizers, now);
  }

  /** The name of a kind as it is counted: with a dot even where there is no group. */
  private static String counted(String resource) {
    return resource.contains(".") ? resource : resource + ".";
  }

  private static void delete(Observed<?> object, Draft draft, Instant now) {
    if (Keys.is(object.key(), ResourceTypes.EVENT)) {
      draft.step(new Transaction.Delete(object.key(), Expectation.anything()));
      return;
    }
    var request = Removal.request(object, now);
    if (request != null) {
      draft.step(request);
    }
  }

  private static Edit explained(
      Observed<Namespace> namespace,
      Map<String, Integer> remaining,
      Map<String, Integer> finalizers,
      Instant now) {
    var edit = Edit.of(namespace).set("Terminating", "status", "phase");
    edit.condition(
        new Condition(
            "NamespaceContentRemaining",
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: " + counted(remaining, " has "),
            null),
        now);
    var held = !finalizers.isEmpty();
    edit.condition(
        new Condition(
            "NamespaceFinalizersRemaining",
            held ? "True" : "False",
            held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
            held
                ? "Some content in the namespace has finalizers remaining: "
                    + counted(finalizers, " in ")
                : "All content-preserving finalizers finished",
            null),
        now);
    return edit;
  }

  private static String counted(Map<String, Integer> counts, String between) {
    var parts =
        counts.entrySet().stream()
            .map(entry -> entry.getKey() + between + entry.getValue() + " resource instances")
            .toList();
    return String.join(", ", parts);
  }

  /** Gives up the namespace's own finalizer, which is in its spec, and the namespace with it. */
  private static Plan finish(Observed<Namespace> namespace) {
    var edit = Edit.of(namespace);
    var heldByOthers = !namespace.view().metadata().finalizers().isEmpty();
    if (edit.get("spec", "finalizers") instanceof ArrayNode finalizers) {
      for (var i = finalizers.size() - 1; i >= 0; i--) {
        if (finalizers.get(i).asString("").equals(FINALIZER)) {
          finalizers.remove(i);
          edit.touch();
        }
      }
      heldByOthers |= !finalizers.isEmpty();
    }
    return heldByOthers
        ? new Draft().write(edit).whenever()
        : new Draft().step(Edit.delete(namespace)).whenever();
  }
}
