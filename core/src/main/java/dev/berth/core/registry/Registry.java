package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.schema.Schemas;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.patch.JsonPatch;
import dev.berth.core.registry.patch.MergePatch;
import dev.berth.core.registry.patch.PatchException;
import dev.berth.core.registry.patch.StrategicPatch;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rules of the API over a store: every request is understood, defaulted, checked and becomes
 * one transaction that names the versions it was decided on. May be used from many threads.
 */
public final class Registry implements Resources {

  /** Subresources that are parts of the object's own document. */
  private static final Set<String> PARTS = Set.of(STATUS, "finalize");

  private final ObjectStore store;
  private final InstantSource clock;
  private final Meters.Counter writes;
  private final ListReader lists;
  private final Creation creation;
  private final Update update;
  private final Deletion deletion;
  private final Rulebook rulebook = new Rulebook();

  /**
   * @param random makes uids and the ends of generated names; used by one thread at a time
   */
  public Registry(ObjectStore store, InstantSource clock, RandomGenerator random, Meters meters) {
    this.store = store;
    this.clock = clock;
    writes =
        meters.counter(
            "berth_registry_writes",
            "Writes that were done, by what became of it.",
            "resource",
            "effect");
    var admission = new Admission(store);
    lists = new ListReader(store);
    creation = new Creation(store, clock, new Identities(random), admission, rulebook);
    update = new Update(store, admission, rulebook);
    deletion = new Deletion(store, clock, rulebook);
  }

  @Override
  public StoredObject get(ResourceType type, String namespace, String name) {
    return store.get(key(type, namespace, name)).orElseThrow(() -> Rejections.notFound(type, name));
  }

  @Override
  public ResourcePage list(ResourceType type, @Nullable String namespace, ListOptions options) {
    requirePlain(namespace);
    return lists.list(type, namespace, options);
  }

  @Override
  public Written create(
      ResourceType type, String namespace, ObjectNode object, WriteOptions options) {
    requirePlain(namespace);
    return counted(type, creation.create(type, namespace, object, options));
  }

  @Override
  public Written replace(
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode object,
      WriteOptions options) {
    var target = target(type, namespace, name, subresource);
    var version = Metadata.version(object);
    var rules = rulebook.of(type);
    if (version.isEmpty() && subresource.isEmpty()) {
      if (rules.createdByReplacing() && store.get(target.key()).isEmpty()) {
        return createOrReplace(target, object, options);
      }
      if (rules.replacedByVersionOnly()) {
        throw Rejections.invalid(type, name, List.of(Versions.MISSING));
      }
    }
    return counted(type, update.apply(target, present -> object, options));
  }

  private Written createOrReplace(Update.Target target, ObjectNode object, WriteOptions options) {
    var named = object.deepCopy();
    Metadata.requireName(named, target.name());
    try {
      return create(target.type(), target.key().namespace(), named, options);
    } catch (Rejection rejection) {
      if (!rejection.status().reason().equals("AlreadyExists")) {
        throw rejection;
      }
      return counted(target.type(), update.apply(target, present -> object, options));
    }
  }

  @Override
  public Written patch(
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      Patch patch,
      WriteOptions options) {
    var target = target(type, namespace, name, subresource);
    return counted(type, update.apply(target, present -> patched(target, present, patch), options));
  }

  private static ObjectNode patched(Update.Target target, ObjectNode present, Patch patch) {
    try {
      return switch (patch) {
        case Patch.JsonPatch(var operations) -> JsonPatch.apply(present, operations);
        case Patch.MergePatch(var changes) -> MergePatch.apply(present, changes);
        case Patch.StrategicPatch(var changes) ->
            StrategicPatch.apply(present, changes, Schemas.of(target.type()));
      };
    } catch (PatchException e) {
      throw Rejections.unprocessable(target.type(), target.name(), e.why());
    }
  }

  @Override
  public Written delete(ResourceType type, String namespace, String name, DeleteOptions options) {
    return counted(type, deletion.delete(type, key(type, namespace, name), options));
  }

  @Override
  public ResourcePage deleteCollection(
      ResourceType type, @Nullable String namespace, ListOptions options, DeleteOptions deletion) {
    var page = list(type, namespace, options);
    var selection = ListReader.selection(type, options.labelSelector(), options.fieldSelector());
    var deleted = this.deletion.deleteAll(type, page.objects(), selection, deletion);
    return new ResourcePage(page.revision(), deleted, page.continueToken(), page.remaining());
  }

  @Override
  public Written bind(String namespace, String pod, ObjectNode binding, WriteOptions options) {
    PodBinding.requireValid(pod, binding);
    var type = ResourceTypes.POD;
    var target = new Update.Target(type, key(type, namespace, pod), Update.BINDING);
    return counted(
        type,
        update.apply(
            target, present -> PodBinding.bound(present, binding, clock.instant()), options));
  }

  @Override
  public ResourceWatch watch(
      ResourceType type, @Nullable String namespace, @Nullable String name, WatchOptions options) {
    requirePlain(namespace);
    requirePlain(name);
    var selection = ListReader.selection(type, options.labelSelector(), options.fieldSelector());
    if (name != null && namespace == null && type.namespaced()) {
      throw Rejections.badRequest("to watch one " + type.kind() + ", name its namespace, too");
    }
    var scope = ListReader.scope(type, namespace, name, selection);
    var version = options.resourceVersion();
    if (version == null || version.isEmpty() || version.equals("0")) {
      var present = store.list(scope, 0, null, 0);
      var initial = present.objects().stream().filter(selection::matches).toList();
      return new FilteredWatch(store.watch(scope, present.revision()), selection, initial);
    }
    try {
      var after = Versions.parse(version);
      return new FilteredWatch(store.watch(scope, after), selection, List.of());
    } catch (StoreException.Compacted e) {
      throw Rejections.expired(FilteredWatch.TOO_OLD);
    } catch (StoreException.FutureRevision e) {
      throw Rejections.futureVersion(version, store.revision());
    }
  }

  private static Update.Target target(
      ResourceType type, String namespace, String name, String subresource) {
    var written = subresource.isEmpty() || (PARTS.contains(subresource) && type.has(subresource));
    if (!written) {
      throw Rejections.methodNotAllowed(
          "the server does not allow this method on the requested resource: %s/%s cannot be"
                  .formatted(type.plural(), subresource)
              + " replaced or patched");
    }
    return new Update.Target(type, key(type, namespace, name), subresource);
  }

  private static ObjectKey key(ResourceType type, String namespace, String name) {
    if (type.namespaced() == namespace.isEmpty()) {
      throw Rejections.badRequest(
          type.namespaced()
              ? "a " + type.kind() + " is in a namespace; none was given"
              : "a " + type.kind() + " belongs to the whole cluster, not to a namespace");
    }
    if (name.isEmpty()) {
      throw Rejections.badRequest("a " + type.kind() + " is named; no name was given");
    }
    requirePlain(namespace);
    requirePlain(name);
    return new ObjectKey(type.resource(), namespace, name);
  }

  /** Keeps out the one character that the store's keys cannot hold. */
  private static void requirePlain(@Nullable String name) {
    if (name != null && name.indexOf(0) >= 0) {
      throw Rejections.badRequest("a name cannot contain a NUL character");
    }
  }

  private Written counted(ResourceType type, Written written) {
    writes.add(1, type.resource(), written.effect().name());
    return written;
  }
}
