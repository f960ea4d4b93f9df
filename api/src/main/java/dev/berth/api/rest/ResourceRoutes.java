package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.Status;
import dev.berth.core.registry.Written;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What may be asked of objects: verbs and paths on one side, {@link Resources} on the other. */
final class ResourceRoutes {
  static final String PATCH_TYPES =
      "application/json-patch+json, application/merge-patch+json,"
          + " application/strategic-merge-patch+json";

  /** Kinds whose deletion is answered with the object as it was; the others' with a Status. */
  private static final Set<ResourceType> TELL_THE_DELETED =
      Set.of(ResourceTypes.POD, ResourceTypes.VOLUME, ResourceTypes.CLAIM, ResourceTypes.CLASS);

  private final Resources resources;
  private final PodPlacement placement;
  private final PodRoutes pods;
  private final NodeRoutes nodes;
  private final ExplainRoutes explanations;
  private final WatchRoutes watches;
  private final InstantSource clock;

  ResourceRoutes(
      Resources resources,
      PodRoutes pods,
      NodeRoutes nodes,
      ExplainRoutes explanations,
      WatchRoutes watches,
      InstantSource clock) {
    this.resources = resources;
    placement = new PodPlacement(resources);
    this.pods = pods;
    this.nodes = nodes;
    this.explanations = explanations;
    this.watches = watches;
    this.clock = clock;
  }

  /** What a request for objects of a group's version is. */
  Operation route(Request request, String group, String version, List<String> rest) {
    var path = ResourcePath.parse(group, version, rest).orElseThrow(StatusBody::unknownPath);
    return switch (path) {
      case ResourcePath.Collection collection -> collection(request, collection);
      case ResourcePath.Item item -> item(request, item);
      case ResourcePath.Bindings(var namespace) -> bindings(request, namespace);
    };
  }

  private Operation collection(Request request, ResourcePath.Collection path) {
    var type = path.type();
    return switch (request.method()) {
      case "GET" -> {
        if (request.target().flag("watch")) {
          yield operation(
              "watch",
              type,
              "",
              Weight.STREAM,
              () -> watches.watch(request, type, path.namespace()));
        }
        yield operation("list", type, "", Weight.REQUEST, () -> list(request, path));
      }
      case "POST" -> {
        var namespace = path.namespace();
        if (namespace == null) {
          throw StatusBody.methodNotAllowed();
        }
        yield operation("create", type, "", Weight.REQUEST, () -> create(request, type, namespace));
      }
      case "DELETE" -> {
        if (path.namespace() == null || type.equals(ResourceTypes.NAMESPACE)) {
          throw StatusBody.methodNotAllowed();
        }
        yield operation(
            "deletecollection", type, "", Weight.REQUEST, () -> deleteCollection(request, path));
      }
      default -> throw StatusBody.methodNotAllowed();
    };
  }

  private Operation item(Request request, ResourcePath.Item path) {
    var type = path.type();
    return switch (path.subresource()) {
      case "log", "exec" -> pods.route(request, path);
      case "explain" -> explanations.route(request, path);
      case "disks", ResourcePath.STATS -> nodes.route(request, path);
      case "binding" -> {
        require(request, "POST");
        yield operation(
            "create",
            type,
            "binding",
            Weight.REQUEST,
            () -> placement.bind(request, path.namespace(), path.name()));
      }
      case "eviction" -> {
        require(request, "POST");
        yield operation(
            "create",
            type,
            "eviction",
            Weight.REQUEST,
            () -> placement.evict(request, path.namespace(), path.name()));
      }
      case "undelete" -> {
        require(request, "POST");
        yield operation(
            "create",
            type,
            "undelete",
            Weight.REQUEST,
            () -> written(printer(request, type), undelete(request, path.name()), List.of()));
      }
      case "release" -> {
        require(request, "POST");
        yield operation(
            "create",
            type,
            "release",
            Weight.REQUEST,
            () -> written(printer(request, type), release(request, path.name()), List.of()));
      }
      case "finalize" -> {
        require(request, "PUT");
        yield operation("update", type, "finalize", Weight.REQUEST, () -> replace(request, path));
      }
      default -> object(request, path);
    };
  }

  private Operation object(Request request, ResourcePath.Item path) {
    var type = path.type();
    var subresource = path.subresource();
    return switch (request.method()) {
      case "GET" -> operation("get", type, subresource, Weight.REQUEST, () -> get(request, path));
      case "PUT" ->
          operation("update", type, subresource, Weight.REQUEST, () -> replace(request, path));
      case "PATCH" ->
          operation("patch", type, subresource, Weight.REQUEST, () -> patch(request, path));
      case "DELETE" -> {
        if (!subresource.isEmpty()) {
          throw StatusBody.methodNotAllowed();
        }
        yield operation("delete", type, "", Weight.REQUEST, () -> delete(request, path));
      }
      default -> throw StatusBody.methodNotAllowed();
    };
  }

  private Operation bindings(Request request, String namespace) {
    require(request, "POST");
    return operation(
        "create",
        ResourceTypes.POD,
        "binding",
        Weight.REQUEST,
        () -> placement.bind(request, namespace, ""));
  }

  private static void require(Request request, String method) {
    if (!request.method().equals(method)) {
      throw StatusBody.methodNotAllowed();
    }
  }

  static Operation operation(
      String verb, ResourceType type, String subresource, Weight weight, Operation.Action action) {
    var resource = subresource.isEmpty() ? type.plural() : type.plural() + "/" + subresource;
    return new Operation(verb, resource, weight, action);
  }

  private Printer printer(Request request, ResourceType type) {
    return new Printer(type, rendering(request), clock);
  }

  static Rendering rendering(Request request) {
    return Rendering.negotiate(
        request.header("accept"), request.target().parameter("includeObject"));
  }

  private Answer get(Request request, ResourcePath.Item path) {
    var printer = printer(request, path.type());
    var object = resources.get(path.type(), path.namespace(), path.name());
    return Answer.json(200, printer.single(object));
  }

  private Answer list(Request request, ResourcePath.Collection path) {
    var printer = printer(request, path.type());
    var options = RequestOptions.list(request.target());
    return new ListAnswer(
            page -> resources.list(path.type(), path.namespace(), page), options, printer)
        .begin();
  }

  private Answer deleteCollection(Request request, ResourcePath.Collection path) {
    var printer = printer(request, path.type());
    var options = RequestOptions.list(request.target());
    var deletion = RequestOptions.delete(request);
    return new ListAnswer(
            page -> resources.deleteCollection(path.type(), path.namespace(), page, deletion),
            options,
            printer)
        .begin();
  }

  private Answer create(Request request, ResourceType type, String namespace) {
    var printer = printer(request, type);
    var options = RequestOptions.write(request, "CreateOptions");
    var body = BodyChecks.object(request, type, options);
    BodyChecks.requireNamespace(body.object(), namespace);
    return written(
        printer, resources.create(type, namespace, body.object(), options), body.warnings());
  }

  private Answer replace(Request request, ResourcePath.Item path) {
    var printer = printer(request, path.type());
    var options = RequestOptions.write(request, "UpdateOptions");
    var body = BodyChecks.object(request, path.type(), options);
    BodyChecks.requireName(body.object(), path.namespace(), path.name());
    var written =
        resources.replace(
            path.type(), path.namespace(), path.name(), path.subresource(), body.object(), options);
    return written(printer, written, body.warnings());
  }

  private Answer patch(Request request, ResourcePath.Item path) {
    var printer = printer(request, path.type());
    var options = RequestOptions.write(request, "PatchOptions");
    var written =
        resources.patch(
            path.type(),
            path.namespace(),
            path.name(),
            path.subresource(),
            patchOf(request),
            options);
    return written(printer, written, List.of());
  }

  private static Patch patchOf(Request request) {
    var mediaType = BodyReader.mediaType(request);
    return switch (mediaType) {
      case "application/json-patch+json" ->
          new Patch.JsonPatch(patchBody(request, ArrayNode.class, "a list of operations"));
      case "application/merge-patch+json" ->
          new Patch.MergePatch(patchBody(request, ObjectNode.class, "an object"));
      case "application/strategic-merge-patch+json" ->
          new Patch.StrategicPatch(patchBody(request, ObjectNode.class, "an object"));
      default -> throw StatusBody.unsupportedMediaType(PATCH_TYPES);
    };
  }

  private static <T> T patchBody(Request request, Class<T> form, String expected) {
    BodyReader.requirePlain(request);
    var value = BodyReader.json(request.body()).value();
    if (!form.isInstance(value)) {
      throw StatusBody.badRequest(
          "a patch of type %s must be %s, not %s"
              .formatted(BodyReader.mediaType(request), expected, BodyChecks.kindOf(value)));
    }
    return form.cast(value);
  }

  private Answer delete(Request request, ResourcePath.Item path) {
    var type = path.type();
    var printer = printer(request, type);
    var options = RequestOptions.delete(request);
    var written = resources.delete(type, path.namespace(), path.name(), options);
    if (written.effect() != Written.Effect.DELETED || TELL_THE_DELETED.contains(type)) {
      return Warnings.with(
          Answer.json(200, printer.single(written.object())), List.of(), written.warnings());
    }
    var uid = Json.parse(written.object().document()).path("metadata").path("uid").asString("");
    var about = new Status.Details(path.name(), type.group(), type.plural(), uid, List.of(), 0);
    var answer = Answer.json(200, Json.write(StatusBody.success(200, about)));
    return Warnings.with(answer, List.of(), written.warnings());
  }

  private Written undelete(Request request, String volume) {
    var options = RequestOptions.write(request, "CreateOptions");
    return new ReleasedVolumes(resources).undelete(volume, options);
  }

  private Written release(Request request, String volume) {
    var options = RequestOptions.write(request, "CreateOptions");
    return new ReleasedVolumes(resources).release(volume, withData(request), options);
  }

  /** Whoever gives data away says so in one word, and not by a slip. */
  private static boolean withData(Request request) {
    var said = Objects.requireNonNullElse(request.target().parameter("withData"), "false");
    return switch (said) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw StatusBody.badRequest("withData must be true or false, not \"%s\"".formatted(said));
    };
  }

  private static Answer written(Printer printer, Written written, List<String> warnings) {
    var code = written.effect() == Written.Effect.CREATED ? 201 : 200;
    var answer = Answer.json(code, printer.single(written.object()));
    return Warnings.with(answer, warnings, written.warnings());
  }
}
