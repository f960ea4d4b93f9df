package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions.Propagation;
import dev.berth.core.registry.Written.Effect;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.KindRules;
import dev.berth.core.registry.rules.Problems;
import dev.berth.core.registry.select.Selection;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes objects away. An object with finalizers, or with time to stop, is only marked; it goes when
 * the last reason to keep it has gone.
 */
final class Deletion {

  /** Namespaces that the system itself lives in. */
  private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");

  /** As for changes: each failure is another writer's success. */
  private static final int MOST_ATTEMPTS = 256;

  private static final String TIMESTAMP = "deletionTimestamp";
  private static final String GRACE = "deletionGracePeriodSeconds";
  private static final String GRACE_OPTION = "gracePeriodSeconds";

  private final ObjectStore store;
  private final InstantSource clock;
  private final Rulebook rulebook;

  Deletion(ObjectStore store, InstantSource clock, Rulebook rulebook) {
    this.store = store;
    this.clock = clock;
    this.rulebook = rulebook;
  }

  /** Whether a deletion was asked for and nothing holds the object any more. */
  static boolean isComplete(KindRules rules, ObjectNode object) {
    return Metadata.deleting(object)
        && Metadata.finalizers(object).isEmpty()
        && Metadata.of(object).path(GRACE).longValue(0) == 0
        && !rules.held(object);
  }

  Written delete(ResourceType type, ObjectKey key, DeleteOptions options) {
    if (type.equals(ResourceTypes.NAMESPACE) && IMMORTAL.contains(key.name())) {
      throw Rejections.forbidden(type, key.name(), "this namespace may not be deleted");
    }
    requirePossible(options);
    return repeated(type, key, options, found -> true)
        .orElseThrow(() -> Rejections.notFound(type, key.name()));
  }

  /**
   * Deletes some objects, many in one transaction.
   *
   * @param listed versions of them that may be old
   * @param selection what must still hold of those that changed since; the others are left alone
   * @return those that were deleted or marked, as they were answered
   */
  List<StoredObject> deleteAll(
      ResourceType type, List<StoredObject> listed, Selection selection, DeleteOptions options) {
    requirePossible(options);
    var deleted = new ArrayList<StoredObject>(listed.size());
    for (var from = 0; from < listed.size(); from += Transaction.MAX_WRITES) {
      var to = Math.min(listed.size(), from + Transaction.MAX_WRITES);
      deleteGroup(type, listed.subList(from, to), selection, options, deleted);
    }
    return deleted;
  }

  private void deleteGroup(
      ResourceType type,
      List<StoredObject> group,
      Selection selection,
      DeleteOptions options,
      List<StoredObject> deleted) {
    var going = group.stream().map(object -> going(type, object, options)).toList();
    try {
      deleted.addAll(write(going, options).stream().map(Written::object).toList());
    } catch (StoreException.Conflict changed) {
      for (var object : group) {
        var uid = uid(object);
        repeated(
                type,
                object.key(),
                options,
                found -> uid(found).equals(uid) && selection.matches(found))
            .ifPresent(written -> deleted.add(written.object()));
      }
    }
  }

  private static String uid(StoredObject object) {
    return Metadata.text(Json.parse(object.document()), "uid");
  }

  /** Deletes an object whatever else is done to it; empty when there is none that is meant. */
  private Optional<Written> repeated(
      ResourceType type, ObjectKey key, DeleteOptions options, Predicate<StoredObject> meant) {
    for (var attempt = 1; ; attempt++) {
      var current = store.get(key);
      if (current.isEmpty() || !meant.test(current.get())) {
        return Optional.empty();
      }
      try {
        return Optional.of(write(List.of(going(type, current.get(), options)), options).getFirst());
      } catch (StoreException.Conflict conflict) {
        if (attempt == MOST_ATTEMPTS) {
          throw Rejections.modified(type, key.name());
        }
      }
    }
  }

  private static void requirePossible(DeleteOptions options) {
    var grace = options.gracePeriodSeconds();
    if (grace != null && grace < 0) {
      var problems = new Problems();
      problems.invalid(
          Field.root(Json.object().put(GRACE_OPTION, grace)).child(GRACE_OPTION),
          "must be greater than or equal to 0; leave it out for the pod's own grace period");
      throw Rejections.invalidOptions("DeleteOptions", problems.found());
    }
  }

  /**
   * What a deletion makes of an object.
   *
   * @param object as it is answered, with the version from before
   * @param step null when nothing is to be written
   */
  private record Going(StoredObject object, Effect effect, Transaction.@Nullable Step step) {

    Written written(long revision) {
      var last = new StoredObject(object.key(), revision, object.document());
      return new Written(last, effect, List.of());
    }
  }

  private Going going(ResourceType type, StoredObject current, DeleteOptions options) {
    var old = Json.parseObject(current.document());
    requirePreconditions(type, current, old, options);
    var rules = rulebook.of(type);
    var marked = marked(rules, old, options);
    var key = current.key();
    var expected = Expectation.at(current.revision());
    if (isComplete(rules, marked)) {
      return new Going(current, Effect.DELETED, new Transaction.Delete(key, expected));
    }
    if (marked.equals(old)) {
      return new Going(current, Effect.DELETING, null);
    }
    var document = Json.write(marked);
    return new Going(
        new StoredObject(key, current.revision(), document),
        Effect.DELETING,
        new Transaction.Put(key, expected, document));
  }

  /** All of it in one transaction. */
  private List<Written> write(List<Going> all, DeleteOptions options) {
    var steps = all.stream().map(Going::step).filter(Objects::nonNull).toList();
    var revisions =
        options.dryRun() || steps.isEmpty()
            ? null
            : Commits.await(store, Transaction.of(steps)).revisions();
    var written = new ArrayList<Written>(all.size());
    var next = 0;
    for (var going : all) {
      written.add(
          going.written(
              revisions == null || going.step() == null
                  ? going.object().revision()
                  : revisions[next++]));
    }
    return written;
  }

  private static void requirePreconditions(
      ResourceType type, StoredObject current, ObjectNode old, DeleteOptions options) {
    var name = current.key().name();
    var uid = Metadata.text(old, "uid");
    if (options.uid() != null && !options.uid().equals(uid)) {
      throw Rejections.conflict(
          type,
          name,
          "Precondition failed: UID in precondition: %s, UID in object meta: %s"
              .formatted(options.uid(), uid));
    }
    var version = options.resourceVersion();
    if (version != null && Versions.parse(version) != current.revision()) {
      throw Rejections.conflict(
          type,
          name,
          "the ResourceVersion in the precondition (%s) does not match the ResourceVersion in"
                  .formatted(version)
              + " record (%d). The object might have been modified".formatted(current.revision()));
    }
  }

  /** The object with its deletion noted, or noted more urgently. */
  private ObjectNode marked(KindRules rules, ObjectNode old, DeleteOptions options) {
    var object = old.deepCopy();
    setPropagation(object, options);
    var metadata = Metadata.of(object);
    var given = options.gracePeriodSeconds();
    var asked = given == null ? -1L : given;
    var grace = rules.gracePeriodSeconds(object, asked);
    if (!Metadata.deleting(object)) {
      metadata.put(TIMESTAMP, Metadata.timestamp(clock.instant().plusSeconds(grace)));
      metadata.put(GRACE, grace);
      rules.noteDeletion(object);
    } else {
      var before = metadata.path(GRACE).longValue(0);
      // Without a word about it, a second deletion leaves the first one's time as it is.
      if (asked >= 0 && grace < before) {
        var begun = Instant.parse(Metadata.text(object, TIMESTAMP)).minusSeconds(before);
        metadata.put(TIMESTAMP, Metadata.timestamp(begun.plusSeconds(grace)));
        metadata.put(GRACE, grace);
      }
    }
    return object;
  }

  private static void setPropagation(ObjectNode object, DeleteOptions options) {
    var propagation = options.propagation();
    if (propagation == null) {
      return;
    }
    var finalizers = new ArrayList<String>();
    Metadata.finalizers(object).forEach(finalizer -> finalizers.add(finalizer.stringValue("")));
    finalizers.removeAll(List.of(Metadata.ORPHAN, Metadata.FOREGROUND));
    if (propagation == Propagation.ORPHAN) {
      finalizers.add(Metadata.ORPHAN);
    } else if (propagation == Propagation.FOREGROUND) {
      finalizers.add(Metadata.FOREGROUND);
    }
    if (finalizers.isEmpty()) {
      Metadata.of(object).remove("finalizers");
    } else {
      var list = Metadata.of(object).putArray("finalizers");
      finalizers.forEach(list::add);
    }
  }
}
