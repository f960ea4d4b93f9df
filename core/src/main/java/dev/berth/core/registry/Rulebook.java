package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.KindRules;
import dev.berth.core.registry.rules.Kinds;
import dev.berth.core.registry.rules.MetadataRules;
import dev.berth.core.registry.rules.Problems;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Which rules apply to which kind. */
final class Rulebook {

  KindRules of(ResourceType type) {
    return Kinds.of(type);
  }

  /**
   * Takes what a client sent into the stored form.
   *
   * @param old the object as it was, null for a new one
   * @param warnings receives what the client's user should know
   * @throws Rejection when a field has another JSON type than the kind says
   */
  ObjectNode read(
      ResourceType type,
      ObjectNode asked,
      @Nullable ObjectNode old,
      WriteOptions options,
      List<String> warnings) {
    return Metadata.canonical(type, asked);
  }

  /**
   * @throws Rejection with all that is wrong
   */
  void requireValid(ResourceType type, ObjectNode object) {
    var problems = new Problems();
    validate(type, object, problems);
    require(type, object, problems);
  }

  void validate(ResourceType type, ObjectNode object, Problems problems) {
    MetadataRules.validate(type, Field.root(object).child("metadata"), problems);
    of(type).validate(Field.root(object), problems);
  }

  /**
   * @throws Rejection when there are problems
   */
  void require(ResourceType type, ObjectNode object, Problems problems) {
    if (!problems.none()) {
      throw Rejections.invalid(type, Metadata.text(object, "name"), problems.found());
    }
  }
}
