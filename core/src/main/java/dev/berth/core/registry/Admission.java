package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Transaction;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What depends on other objects: whether a write is let in, and what it is given on the way. */
final class Admission {

  private final ObjectStore store;

  Admission(ObjectStore store) {
    this.store = store;
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
    if (Json.view(found.document(), Namespace.class).terminating()) {
      throw Rejections.namespaceTerminating(type, name, namespace);
    }
    return List.of(new Transaction.Check(key, Expectation.at(found.revision())));
  }

  void admitNew(ResourceType type, ObjectNode object) {}

  void admitChange(ResourceType type, ObjectNode old, ObjectNode updated) {}
}
