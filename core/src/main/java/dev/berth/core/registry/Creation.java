package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Makes new objects. */
final class Creation {

  /** How often a generated name may turn out to be taken, or the namespace to have changed. */
  private static final int MOST_ATTEMPTS = 8;

  private final ObjectStore store;
  private final InstantSource clock;
  private final Identities identities;
  private final Admission admission;
  private final Rulebook rulebook;

  Creation(
      ObjectStore store,
      InstantSource clock,
      Identities identities,
      Admission admission,
      Rulebook rulebook) {
    this.store = store;
    this.clock = clock;
    this.identities = identities;
    this.admission = admission;
    this.rulebook = rulebook;
  }

  Written create(ResourceType type, String namespace, ObjectNode asked, WriteOptions options) {
    if (!Metadata.version(asked).isEmpty()) {
      throw Rejections.badRequest("resourceVersion should not be set on objects to be created");
    }
    var warnings = new ArrayList<String>();
    var object = rulebook.read(type, asked, null, options, warnings);
    Metadata.requireNamespace(type, object, namespace);
    for (var attempt = 1; ; attempt++) {
      try {
        var stored = attempt(type, namespace, object.deepCopy(), options);
        return new Written(stored, Written.Effect.CREATED, List.copyOf(warnings));
      } catch (StoreException.Conflict conflict) {
        var ofNamespace = conflict.expected() instanceof Expectation.At;
        var again = ofNamespace || Metadata.text(object, "name").isEmpty();
        if (!again || attempt == MOST_ATTEMPTS) {
          throw ofNamespace
              ? Rejections.modified(type, conflict.key().name())
              : Rejections.alreadyExists(type, conflict.key().name());
        }
      }
    }
  }

  private StoredObject attempt(
      ResourceType type, String namespace, ObjectNode object, WriteOptions options) {
    var metadata = Metadata.of(object);
    var prefix = Metadata.text(object, "generateName");
    if (Metadata.text(object, "name").isEmpty() && !prefix.isEmpty()) {
      metadata.put("name", identities.name(prefix));
    }
    var name = Metadata.text(object, "name");
    var rules = rulebook.of(type);
    rules.setDefaults(object);
    rules.begin(object);
    var steps = new ArrayList<Transaction.Step>(admission.namespaceOf(type, namespace, name));
    Metadata.stamp(object, identities.uid(), clock.instant());
    admission.admitNew(type, object);
    rulebook.requireValidNew(type, object);
    var key = new ObjectKey(type.resource(), namespace, name);
    var document = Json.write(object);
    if (options.dryRun()) {
      if (store.get(key).isPresent()) {
        throw Rejections.alreadyExists(type, name);
      }
      return new StoredObject(key, 0, document);
    }
    steps.addFirst(new Transaction.Put(key, Expectation.absent(), document));
    var commit = Commits.await(store, Transaction.of(steps));
    return new StoredObject(key, commit.revisions()[0], document);
  }
}
