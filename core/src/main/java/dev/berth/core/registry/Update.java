package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.KindRules;
import dev.berth.core.registry.rules.Problems;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/** Changes objects that exist: as a whole, in part, or one of their subresources. */
final class Update {

  /**
   * How often a change is tried that does not say which version it is for. Each time that it fails
   * another writer got through, so that only very many writers of one object exhaust it.
   */
  private static final int MOST_ATTEMPTS = 256;

  /** The part of a pod that a binding writes. */
  static final String BINDING = "binding";

  /**
   * Which object, and which part of it.
   *
   * @param subresource empty for the object itself
   */
  record Target(ResourceType type, ObjectKey key, String subresource) {

    String name() {
      return key.name();
    }
  }

  private final ObjectStore store;
  private final Admission admission;
  private final Rulebook rulebook;

  Update(ObjectStore store, Admission admission, Rulebook rulebook) {
    this.store = store;
    this.admission = admission;
    this.rulebook = rulebook;
  }

  /**
   * @param edit makes what the caller asks for of the present object as clients see it (with its
   *     resourceVersion); it may be called several times
   */
  Written apply(Target target, Function<ObjectNode, ObjectNode> edit, WriteOptions options) {
    for (var attempt = 1; ; attempt++) {
      var current =
          store
              .get(target.key())
              .orElseThrow(() -> Rejections.notFound(target.type(), target.name()));
      try {
        return attempt(target, current, edit, options);
      } catch (StoreException.Conflict conflict) {
        if (attempt == MOST_ATTEMPTS) {
          throw Rejections.modified(target.type(), target.name());
        }
      }
    }
  }

  private Written attempt(
      Target target,
      StoredObject current,
      Function<ObjectNode, ObjectNode> edit,
      WriteOptions options) {
    var type = target.type();
    var old = Json.parseObject(current.document());
    var present = old.deepCopy();
    Metadata.of(present).put("resourceVersion", Long.toString(current.revision()));
    var asked = edit.apply(present);
    requireSameObject(target, current, old, asked);
    var warnings = new ArrayList<String>();
    var canonical = rulebook.read(type, asked, old, options, warnings);
    Metadata.requireNamespace(type, canonical, target.key().namespace());
    Metadata.requireName(canonical, target.name());
    var rules = rulebook.of(type);
    rules.setDefaults(canonical);
    var updated = rules.merge(target.subresource(), old, canonical);
    requireValid(target, rules, old, updated);
    admission.admitChange(type, old, updated);
    if (updated.equals(old)) {
      return new Written(current, Written.Effect.UNCHANGED, List.copyOf(warnings));
    }
    return write(target, current, updated, options, List.copyOf(warnings));
  }

  private static void requireSameObject(
      Target target, StoredObject current, ObjectNode old, ObjectNode asked) {
    var uid = Metadata.text(asked, "uid");
    var presentUid = Metadata.text(old, "uid");
    if (!uid.isEmpty() && !uid.equals(presentUid)) {
      throw Rejections.conflict(
          target.type(),
          target.name(),
          "Precondition failed: UID in precondition: %s, UID in object meta: %s"
              .formatted(uid, presentUid));
    }
    var version = Metadata.version(asked);
    if (!version.isEmpty() && Versions.parse(version) != current.revision()) {
      throw Rejections.modified(target.type(), target.name());
    }
  }

  private void requireValid(Target target, KindRules rules, ObjectNode old, ObjectNode updated) {
    var type = target.type();
    var problems = new Problems();
    Metadata.carryOver(old, updated, problems);
    Metadata.forbidNewFinalizers(old, updated, problems);
    rulebook.validateChanged(type, old, updated, problems);
    rules.validateChange(target.subresource(), Field.root(old), Field.root(updated), problems);
    rulebook.require(type, updated, problems);
  }

  private Written write(
      Target target,
      StoredObject current,
      ObjectNode updated,
      WriteOptions options,
      List<String> warnings) {
    var key = target.key();
    var rules = rulebook.of(target.type());
    var document = Json.write(updated);
    var gone = Deletion.isComplete(rules, updated);
    var effect = gone ? Written.Effect.DELETED : Written.Effect.CHANGED;
    if (options.dryRun()) {
      return new Written(new StoredObject(key, current.revision(), document), effect, warnings);
    }
    var expected = Expectation.at(current.revision());
    var step =
        gone ? new Transaction.Delete(key, expected) : new Transaction.Put(key, expected, document);
    var durability =
        rules.repeats() && !gone ? Transaction.Durability.RELAXED : Transaction.Durability.SYNCED;
    var commit = Commits.await(store, new Transaction(List.of(step), durability));
    return new Written(new StoredObject(key, commit.revisions()[0], document), effect, warnings);
  }
}
