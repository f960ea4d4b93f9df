package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.PriorityClass;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.rules.PriorityClassRules;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Which pods matter more: a new pod gets the numbers of its class, or of the default one. */
final class Priorities {

  private static final String CLASSES = ResourceTypes.PRIORITY_CLASS.resource();

  /** The smallest of several defaults, which only two simultaneous writes can make. */
  private static final Comparator<PriorityClass> SMALLEST_THEN_BY_NAME =
      Comparator.comparingInt(PriorityClass::value).thenComparing(found -> found.metadata().name());

  private final ObjectStore store;

  Priorities(ObjectStore store) {
    this.store = store;
  }

  /**
   * @throws Rejection when the pod names a class that does not exist, or numbers of its own
   */
  void give(ObjectNode pod) {
    if (!(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    var named = Json.text(spec, "priorityClassName");
    var name = Metadata.text(pod, "name");
    var found = named.isEmpty() ? byDefault() : read(named);
    if (found.isEmpty() && !named.isEmpty()) {
      throw Rejections.forbidden(
          ResourceTypes.POD, name, "no PriorityClass with name " + named + " was found");
    }
    found.ifPresent(given -> spec.put("priorityClassName", given.metadata().name()));
    var priority = found.map(PriorityClass::value).orElse(0);
    if (spec.has("priority") && spec.path("priority").intValue(0) != priority) {
      throw computed(name, "integer value of priority", spec, "priority", priority);
    }
    spec.put("priority", priority);
    var policy =
        Objects.requireNonNullElse(
            found.map(PriorityClass::preemptionPolicy).orElse(null), PriorityClassRules.PREEMPT);
    if (found.isPresent()
        && spec.has("preemptionPolicy")
        && !Json.text(spec, "preemptionPolicy").equals(policy)) {
      throw computed(name, "string value of PreemptionPolicy", spec, "preemptionPolicy", policy);
    }
    if (!spec.has("preemptionPolicy")) {
      spec.put("preemptionPolicy", policy);
    }
  }

  private static Rejection computed(
      String pod, String what, ObjectNode spec, String member, Object given) {
    return Rejections.forbidden(
        ResourceTypes.POD,
        pod,
        "the %s (%s) must not be provided in pod spec; priority admission controller computed %s"
                .formatted(what, spec.path(member).asString(""), given)
            + " from the given PriorityClass name");
  }

  private Optional<PriorityClass> read(String name) {
    return store
        .get(new ObjectKey(CLASSES, "", name))
        .map(object -> Json.view(object.document(), PriorityClass.class));
  }

  private Optional<PriorityClass> byDefault() {
    return store.list(Scope.of(CLASSES), 0, null, 0).objects().stream()
        .map(object -> Json.view(object.document(), PriorityClass.class))
        .filter(PriorityClass::globalDefault)
        .min(SMALLEST_THEN_BY_NAME);
  }

  /**
   * @throws Rejection when a class would be the default beside another one
   */
  void requireOnlyDefault(ObjectNode priorityClass) {
    var asked = Json.view(priorityClass, PriorityClass.class);
    if (!asked.globalDefault()) {
      return;
    }
    var name = asked.metadata().name();
    byDefault()
        .filter(found -> !found.metadata().name().equals(name))
        .ifPresent(
            found -> {
              throw Rejections.forbidden(
                  ResourceTypes.PRIORITY_CLASS,
                  name,
                  "PriorityClass %s is already marked as default. Only one default can exist"
                      .formatted(found.metadata().name()));
            });
  }
}
