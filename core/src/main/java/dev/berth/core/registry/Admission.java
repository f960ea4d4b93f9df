package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** What depends on other objects: whether a write is let in, and what it is given on the way. */
final class Admission {

  private static final String CLASSES = ResourceTypes.CLASS.resource();
  private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

  private static final Comparator<StorageClass> NEWEST_THEN_FIRST_BY_NAME =
      Comparator.comparing(
              (StorageClass found) ->
                  Objects.requireNonNullElse(found.metadata().creationTimestamp(), Instant.EPOCH))
          .thenComparing(found -> found.metadata().name(), Comparator.reverseOrder());

  /** Most namespaces that are remembered; when there are more, remembering begins anew. */
  private static final int MOST_SEEN = 64;

  private final ObjectStore store;
  private final Priorities priorities;

  /** What was read in namespaces, so that not every create in one decodes it again. */
  private final Map<ObjectKey, Seen> seen = new ConcurrentHashMap<>();

  /** One version of a namespace. */
  private record Seen(long revision, boolean terminating) {}

  Admission(ObjectStore store) {
    this.store = store;
    priorities = new Priorities(store);
  }

  /**
   * What must still hold of the namespace when an object is created in it: that it is the version
   * that was seen here, so that nothing is created in a namespace that has begun to go.
   *
   * @throws Rejection when there is no such namespace, or it is on its way out
   */
  List<Transaction.Step> namespaceOf(ResourceType type, String namespace, String name) {
    if (!type.namespaced()) {
      return List.of();
    }
    if (namespace.isEmpty()) {
      throw Rejections.badRequest("a " + type.kind() + " needs a namespace");
    }
    var key = new ObjectKey(ResourceTypes.NAMESPACE.resource(), "", namespace);
    var found =
        store.get(key).orElseThrow(() -> Rejections.notFound(ResourceTypes.NAMESPACE, namespace));
    if (terminating(found)) {
      throw Rejections.namespaceTerminating(type, name, namespace);
    }
    return List.of(new Transaction.Check(key, Expectation.at(found.revision())));
  }

  private boolean terminating(StoredObject namespace) {
    var known = seen.get(namespace.key());
    if (known != null && known.revision() == namespace.revision()) {
      return known.terminating();
    }
    if (seen.size() >= MOST_SEEN) {
      seen.clear();
    }
    var read = Json.view(namespace.document(), Namespace.class).terminating();
    seen.put(namespace.key(), new Seen(namespace.revision(), read));
    return read;
  }

  /**
   * Gives a new object what depends on others.
   *
   * @throws Rejection when it may not be created
   */
  void admitNew(ResourceType type, ObjectNode object) {
    if (type.equals(ResourceTypes.CLAIM)) {
      giveDefaultClass(object);
    } else if (type.equals(ResourceTypes.POD)) {
      priorities.give(object);
    } else if (type.equals(ResourceTypes.PRIORITY_CLASS)) {
      priorities.requireOnlyDefault(object);
    }
  }

  /**
   * @throws Rejection when the change may not be made
   */
  void admitChange(ResourceType type, ObjectNode old, ObjectNode updated) {
    if (type.equals(ResourceTypes.CLAIM)) {
      requireExpandable(old, updated);
    } else if (type.equals(ResourceTypes.PRIORITY_CLASS)) {
      priorities.requireOnlyDefault(updated);
    }
  }

  /** A claim that names no class, not even the empty one, gets the newest default class. */
  private void giveDefaultClass(ObjectNode claim) {
    if (!(claim.get("spec") instanceof ObjectNode spec)
        || spec.has("storageClassName")
        || Json.at(claim, "metadata", "annotations", CLASS_ANNOTATION).isString()) {
      return;
    }
    store.list(Scope.of(CLASSES), 0, null, 0).objects().stream()
        .map(object -> Json.view(object.document(), StorageClass.class))
        .filter(StorageClass::isDefault)
        .max(NEWEST_THEN_FIRST_BY_NAME)
        .ifPresent(found -> spec.put("storageClassName", found.metadata().name()));
  }

  private void requireExpandable(ObjectNode old, ObjectNode updated) {
    if (old.path("spec").equals(updated.path("spec"))) {
      return;
    }
    var before = Json.view(old, PersistentVolumeClaim.class);
    var after = Json.view(updated, PersistentVolumeClaim.class);
    if (after.request().compareTo(before.request()) <= 0) {
      return;
    }
    var name = after.metadata().name();
    var className = after.className();
    var key = className.isEmpty() ? null : new ObjectKey(CLASSES, "", className);
    var allowed =
        key != null
            && store
                .get(key)
                .map(object -> Json.view(object.document(), StorageClass.class))
                .filter(StorageClass::allowVolumeExpansion)
                .isPresent();
    if (!allowed) {
      throw Rejections.forbidden(
          ResourceTypes.CLAIM,
          name,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions"
              + " the pvc must support resize");
    }
  }
}
