package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions.Propagation;
import dev.berth.core.registry.Written.Effect;
import dev.berth.core.registry.rules.KindRules;
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
import java.util.Set;
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
    for (var attempt = 1; ; attempt++) {
      var current = store.get(key).orElseThrow(() -> Rejections.notFound(type, key.name()));
      try {
        return attempt(type, current, options);
      } catch (StoreException.Conflict conflict) {
        if (attempt == MOST_ATTEMPTS) {
          throw Rejections.modified(type, key.name());
        }
      }
    }
  }

  private Written attempt(ResourceType type, StoredObject current, DeleteOptions options) {
    var old = Json.parseObject(current.document());
    requirePreconditions(type, current, old, options);
    var rules = rulebook.of(type);
    var marked = marked(rules, old, options);
    if (isComplete(rules, marked)) {
      return remove(current, options);
    }
    if (marked.equals(old)) {
      return new Written(current, Effect.DELETING, List.of());
    }
    return mark(current, marked, options);
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
    // Kubernetes takes a negative time for the shortest one that still waits.
    var asked = given == null ? -1L : given < 0 ? 1L : given;
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

  private Written remove(StoredObject current, DeleteOptions options) {
    if (options.dryRun()) {
      return new Written(current, Effect.DELETED, List.of());
    }
    var key = current.key();
    var commit =
        Commits.await(
            store, Transaction.of(new Transaction.Delete(key, Expectation.at(current.revision()))));
    var last = new StoredObject(key, commit.revisions()[0], current.document());
    return new Written(last, Effect.DELETED, List.of());
  }

  private Written mark(StoredObject current, ObjectNode marked, DeleteOptions options) {
    var key = current.key();
    var document = Json.write(marked);
    if (options.dryRun()) {
      return new Written(
          new StoredObject(key, current.revision(), document), Effect.DELETING, List.of());
    }
    var commit =
        Commits.await(
            store,
            Transaction.of(new Transaction.Put(key, Expectation.at(current.revision()), document)));
    return new Written(
        new StoredObject(key, commit.revisions()[0], document), Effect.DELETING, List.of());
  }
}
