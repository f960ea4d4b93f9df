package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.rest.Discovery.GroupVersion;
import dev.berth.api.rest.Discovery.Served;
import dev.berth.core.model.Json;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAPI v3 documents, as small as clients allow: they say of each kind that it exists and
 * that the server checks its fields, so that clients leave that to the server.
 */
final class OpenApi {
  private final Discovery discovery;
  private final String version;

  /**
   * @param version of the server
   */
  OpenApi(Discovery discovery, String version) {
    this.discovery = discovery;
    this.version = version;
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
    return Answer.json(200, Json.write(document(known(path).orElseThrow(StatusBody::unknownPath))));
  }

  private Optional<GroupVersion> known(List<String> path) {
    return discovery.versions().stream()
        .filter(group -> group.path().equals(String.join("/", path)))
        .findFirst();
  }

  private ObjectNode document(GroupVersion group) {
    var body = Json.object();
    body.put("openapi", "3.0.0");
    var info = body.putObject("info");
    info.put("title", "Berth");
    info.put("version", version);
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
    body.putObject("components").putObject("schemas");
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
