package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Discovery.GroupVersion;
import dev.berth.api.rest.Discovery.Served;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAPI documents, as small as clients allow: they say of each kind that it exists, what it
 * is made of, and that the server checks its fields, so that clients leave that to the server.
 */
final class OpenApi {
  private static final String PROTOBUF = "application/com.github.proto-openapi.spec.v2";
  private static final String TITLE = "Berth";

  private final Discovery discovery;
  private final String version;

  /** Made when they are first asked for. */
  private final Map<GroupVersion, byte[]> documents = new ConcurrentHashMap<>();

  /**
   * @param version of the server
   */
  OpenApi(Discovery discovery, String version) {
    this.discovery = discovery;
    this.version = version;
  }

  /**
   * {@code /openapi/v2}, which only says that it describes no kind: a client that finds a kind
   * nowhere then asks discovery, and can name what is missing. Old clients, which validate by this
   * document, leave that to the server.
   */
  Answer old(Request request) {
    for (var range : Rendering.ranges(request.header("accept"))) {
      if (range.type().startsWith(PROTOBUF)) {
        return new Answer.Whole(200, PROTOBUF + ".v1.0+protobuf", List.of(), protobuf());
      }
    }
    var body = Json.object();
    body.put("swagger", "2.0");
    body.set("info", info());
    body.putObject("paths");
    return Answer.json(200, Json.write(body));
  }

  /** The same as a message of gnostic's OpenAPIv2.proto: swagger is field 1, info field 2. */
  private byte[] protobuf() {
    var info = new ByteArrayOutputStream();
    field(info, 1, TITLE.getBytes(StandardCharsets.UTF_8));
    field(info, 2, version.getBytes(StandardCharsets.UTF_8));
    var document = new ByteArrayOutputStream();
    field(document, 1, "2.0".getBytes(StandardCharsets.UTF_8));
    field(document, 2, info.toByteArray());
    return document.toByteArray();
  }

  private static void field(ByteArrayOutputStream message, int number, byte[] content) {
    message.write(number << 3 | 2);
    message.write(content.length);
    message.writeBytes(content);
  }

  private ObjectNode info() {
    var info = Json.object();
    info.put("title", TITLE);
    info.put("version", version);
    return info;
  }

  /** {@code /openapi/v3}. */
  Answer index() {
    var body = Json.object();
    var paths = body.putObject("paths");
    for (var group : discovery.versions()) {
      paths
          .putObject(group.path())
          .put("serverRelativeURL", "/openapi/v3/" + group.path() + "?hash=" + version);
    }
    return Answer.json(200, Json.write(body));
  }

  /**
   * {@code /openapi/v3/…}.
   *
   * @param path like {@code [api, v1]} or {@code [apis, storage.k8s.io, v1]}
   */
  Answer document(List<String> path) {
    var group = known(path).orElseThrow(StatusBody::unknownPath);
    return Answer.json(200, documents.computeIfAbsent(group, asked -> Json.write(document(asked))));
  }

  private Optional<GroupVersion> known(List<String> path) {
    return discovery.versions().stream()
        .filter(group -> group.path().equals(String.join("/", path)))
        .findFirst();
  }

  private ObjectNode document(GroupVersion group) {
    var body = Json.object();
    body.put("openapi", "3.0.0");
    body.set("info", info());
    var paths = body.putObject("paths");
    for (var served : discovery.of(group)) {
      if (served.name().contains("/")) {
        continue;
      }
      var collection = collection(group, served);
      if (served.verbs().contains("create")) {
        operation(paths.putObject(collection), "post", served);
      }
      if (served.verbs().contains("patch")) {
        var item = paths.putObject(collection + "/{name}");
        operation(item, "put", served);
        operation(item, "patch", served);
      }
    }
    var schemas = new OpenApiSchemas();
    for (var type : ResourceTypes.ALL) {
      if (group.equals(new GroupVersion(type.group(), type.version()))) {
        schemas.add(type);
      }
    }
    body.putObject("components").set("schemas", schemas.all());
    return body;
  }

  private static String collection(GroupVersion group, Served served) {
    var namespace = served.namespaced() ? "/namespaces/{namespace}" : "";
    return "/" + group.path() + namespace + "/" + served.name();
  }

  private static void operation(ObjectNode path, String method, Served served) {
    var operation = path.putObject(method);
    var parameters = operation.putArray("parameters");
    for (var name : List.of("dryRun", "fieldManager", "fieldValidation")) {
      var parameter = parameters.addObject();
      parameter.put("name", name);
      parameter.put("in", "query");
      parameter.putObject("schema").put("type", "string");
    }
    operation.putObject("responses");
    var kind = operation.putObject("x-kubernetes-group-version-kind");
    kind.put("group", served.of().group());
    kind.put("version", served.of().version());
    kind.put("kind", served.kind());
  }
}
