package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.schema.Conformance;
import dev.berth.core.model.schema.Schemas;
import dev.berth.core.registry.WriteOptions.FieldValidation;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.KindRules;
import dev.berth.core.registry.rules.Kinds;
import dev.berth.core.registry.rules.MetadataRules;
import dev.berth.core.registry.rules.Problems;
import java.util.ArrayList;
import java.util.LinkedHashSet;
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
   * @throws Rejection when a field has another JSON type than the kind says, or (strictly) the kind
   *     does not have it
   */
  ObjectNode read(
      ResourceType type,
      ObjectNode asked,
      @Nullable ObjectNode old,
      WriteOptions options,
      List<String> warnings) {
    var object = Metadata.canonical(type, asked);
    var shape = Schemas.of(type);
    var conformance = Conformance.normalise(shape, object);
    if (!conformance.mismatches().isEmpty()) {
      throw unhandled(type, String.join(", ", conformance.mismatches()));
    }
    var strange = new ArrayList<String>();
    if (options.fieldValidation() != FieldValidation.IGNORE) {
      var unknown = new LinkedHashSet<>(conformance.unknown());
      if (old != null && !unknown.isEmpty()) {
        // Not this writer's doing: the object has them already.
        unknown.removeAll(Conformance.normalise(shape, old.deepCopy()).unknown());
      }
      unknown.forEach(path -> strange.add("unknown field \"" + path + "\""));
    }
    if (options.fieldValidation() == FieldValidation.STRICT && !strange.isEmpty()) {
      throw unhandled(type, "strict decoding error: " + String.join(", ", strange));
    }
    warnings.addAll(strange);
    return object;
  }

  private static Rejection unhandled(ResourceType type, String why) {
    return Rejections.badRequest(
        "%s in version \"%s\" cannot be handled as a %s: %s"
            .formatted(type.kind(), type.version(), type.kind(), why));
  }

  /**
   * @throws Rejection with all that is wrong
   */
  void requireValidNew(ResourceType type, ObjectNode object) {
    var problems = new Problems();
    of(type).validateNew(Field.root(object), problems);
    validate(type, object, problems);
    require(type, object, problems);
  }

  private void validate(ResourceType type, ObjectNode object, Problems problems) {
    MetadataRules.validate(type, Field.root(object).child("metadata"), problems);
    of(type).validate(Field.root(object), problems);
  }

  /**
   * Collects what is wrong with a changed object and was not wrong before: who reports an object's
   * status, or takes a finalizer away, need not repair what older rules let in.
   */
  void validateChanged(ResourceType type, ObjectNode old, ObjectNode updated, Problems problems) {
    var now = new Problems();
    validate(type, updated, now);
    if (now.none()) {
      return;
    }
    var before = new Problems();
    validate(type, old, before);
    now.found().stream()
        .filter(problem -> !before.found().contains(problem))
        .forEach(problems::add);
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
