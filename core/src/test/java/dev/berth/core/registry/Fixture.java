package dev.berth.core.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.observe.Meters;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A registry over a store in memory, with a clock that tests move; documents in single quotes. */
final class Fixture {

  private Instant now = Instant.parse("2026-03-01T12:00:00.250Z");
  final InMemoryObjectStore store;
  final Registry registry;

  Fixture() {
    this(new InMemoryObjectStore());
  }

  Fixture(InMemoryObjectStore store) {
    this.store = store;
    registry = new Registry(store, this::now, new Random(7), Meters.none());
    Bootstrap.ensure(registry);
  }

  Instant now() {
    return now;
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"').getBytes(UTF_8));
  }

  static ObjectNode tree(StoredObject object) {
    return Json.parseObject(Documents.withRevision(object));
  }

  Written create(ResourceType type, String document) {
    return registry.create(type, namespace(type), json(document), WriteOptions.DEFAULT);
  }

  ObjectNode created(ResourceType type, String document) {
    return tree(create(type, document).object());
  }

  ObjectNode get(ResourceType type, String name) {
    return tree(registry.get(type, namespace(type), name));
  }

  boolean exists(ResourceType type, String name) {
    return registry
        .list(type, type.namespaced() ? "default" : null, ListOptions.ALL)
        .objects()
        .stream()
        .anyMatch(object -> object.key().name().equals(name));
  }

  Written replace(ResourceType type, String subresource, ObjectNode object) {
    var name = Json.text(object, "metadata", "name");
    return registry.replace(type, namespace(type), name, subresource, object, WriteOptions.DEFAULT);
  }

  Written merge(ResourceType type, String name, String changes) {
    return merge(type, name, Resources.OBJECT, changes);
  }

  Written merge(ResourceType type, String name, String subresource, String changes) {
    return registry.patch(
        type,
        namespace(type),
        name,
        subresource,
        new Patch.MergePatch(json(changes)),
        WriteOptions.DEFAULT);
  }

  Written delete(ResourceType type, String name) {
    return registry.delete(type, namespace(type), name, DeleteOptions.DEFAULT);
  }

  List<String> names(ResourceType type, ListOptions options) {
    return names(registry.list(type, type.namespaced() ? "default" : null, options));
  }

  static List<String> names(ResourcePage page) {
    return page.objects().stream().map(object -> object.key().name()).toList();
  }

  static String namespace(ResourceType type) {
    return type.namespaced() ? "default" : "";
  }

  /** Why it is rejected. */
  static Status rejected(ThrowingCallable call) {
    return catchThrowableOfType(Rejection.class, call).status();
  }

  static Status.Details details(Status status) {
    return Objects.requireNonNull(status.details(), status.message());
  }

  /** The causes as {@code field: reason}. */
  static List<String> causes(Status status) {
    var causes = new ArrayList<String>();
    for (var cause : details(status).causes()) {
      causes.add(cause.field() + ": " + cause.reason());
    }
    return causes;
  }

  static String text(JsonNode node, String... path) {
    return Json.text(node, path);
  }
}
