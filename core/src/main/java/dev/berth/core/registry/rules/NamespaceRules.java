package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import tools.jackson.databind.node.ObjectNode;

/** A namespace goes when it is empty: until then its own finalizer holds it. */
final class NamespaceRules extends KindRules {

  private static final String FINALIZER = "kubernetes";
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";

  @Override
  public void setDefaults(ObjectNode object) {
    var name = Json.text(object, "metadata", "name");
    if (!name.isEmpty()) {
      object.withObject("metadata").withObject("labels").put(NAME_LABEL, name);
    }
  }

  @Override
  public void begin(ObjectNode object) {
    object.withObject("status").removeAll().put("phase", "Active");
    Defaults.addToSet(object.withObject("spec"), "finalizers", FINALIZER);
  }

  @Override
  public void validate(Field object, Problems problems) {
    for (var finalizer : object.at("spec", "finalizers").items()) {
      MetadataRules.checkFinalizer(finalizer, finalizer.text(), problems);
    }
  }

  @Override
  public ObjectNode merge(String subresource, ObjectNode old, ObjectNode asked) {
    return switch (subresource) {
      case "" -> withMember(super.merge(subresource, old, asked), old, "spec");
      case "finalize" -> withMember(super.merge("metadata", old, asked), asked, "spec");
      default -> super.merge(subresource, old, asked);
    };
  }

  @Override
  public boolean held(ObjectNode object) {
    return !Json.at(object, "spec", "finalizers").isEmpty();
  }

  @Override
  public void noteDeletion(ObjectNode object) {
    object.withObject("status").put("phase", "Terminating");
  }
}
