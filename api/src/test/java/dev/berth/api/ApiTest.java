package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import dev.berth.core.storage.CommitFaults;
import dev.berth.core.storage.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The API as a program sees it: over the unix socket, request by request. */
@Timeout(60)
class ApiTest {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String JSON = "Content-Type: application/json";

  private TestServer server;
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    server = TestServer.start();
    wire = Wire.open(server.socket());
  }

  @AfterEach
  void stop() throws IOException {
    wire.close();
    server.close();
  }

  private static String claim(String name) {
    return """
        {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"""
        .formatted(name);
  }

  private static String at(JsonNode node, String... path) {
    return Json.text(node, path);
  }

  @Test
  void anObjectsLife() throws IOException {
    var made = wire.ask(201, "POST", CLAIMS, claim("a"));
    assertThat(at(made, "metadata", "uid")).isNotEmpty();
    var version = at(made, "metadata", "resourceVersion");
    assertThat(wire.ask(200, "GET", CLAIMS + "/a", "")).isEqualTo(made);
    var list = wire.ask(200, "GET", CLAIMS, "");
    assertThat(at(list, "kind")).isEqualTo("PersistentVolumeClaimList");
    assertThat(list.path("items")).hasSize(1);
    assertThat(at(list, "metadata", "resourceVersion")).isEqualTo(version);
    var patched =
        wire.ask(
            200,
            "PATCH",
            CLAIMS + "/a",
            "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}",
            "Content-Type: application/merge-patch+json");
    assertThat(at(patched, "metadata", "labels", "x")).isEqualTo("y");
    assertThat(wire.refusal(409, "PUT", CLAIMS + "/a", made.toString())).startsWith("Conflict: ");
    assertThat(at(wire.ask(200, "PUT", CLAIMS + "/a", patched.toString()), "metadata", "uid"))
        .isEqualTo(at(made, "metadata", "uid"));
    wire.ask(
        200,
        "PATCH",
        CLAIMS + "/a/status",
        "{\"status\":{\"phase\":\"Bound\"}}",
        "Content-Type: application/merge-patch+json");
    assertThat(at(wire.ask(200, "GET", CLAIMS + "/a/status", ""), "status", "phase"))
        .isEqualTo("Bound");
    wire.ask(200, "DELETE", CLAIMS + "/a", "");
  }

  @Test
  void yamlIsTaken() throws IOException {
    var yaml =
        "metadata: {name: from-yaml}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n";
    assertThat(at(wire.ask(201, "POST", CLAIMS, yaml, "Content-Type: application/yaml"), "kind"))
        .isEqualTo("PersistentVolumeClaim");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "404|GET|/nothing||NotFound: the server could not find the requested resource",
        "404|GET|/||NotFound: the server could not find the requested resource",
        "404|GET|/api/v1/deployments||NotFound: the server could not find the requested resource",
        "404|GET|/apis/apps/v1/deployments||NotFound: the server could not find",
        "404|GET|/api/v2/pods||NotFound: the server could not find the requested resource",
        "404|GET|/api/v1/namespaces/default/nodes||NotFound: the server could not find",
        "404|GET|/api/v1/pods/x||NotFound: the server could not find the requested resource",
        "404|GET|/api/v1/nodes/n/exec||NotFound: the server could not find the requested resource",
        "404|GET|/api/v1/nodes/n||NotFound: nodes \"n\" not found",
        "405|DELETE|/api/v1/namespaces||MethodNotAllowed: the server does not allow this method",
        "405|POST|/api/v1/pods|{}|MethodNotAllowed: the server does not allow this method",
        "405|PUT|/version|{}|MethodNotAllowed: the server does not allow this method",
        "405|DELETE|/api/v1/namespaces/default/pods/p/status||MethodNotAllowed: the server does",
        "400|POST|/api/v1/nodes||BadRequest: the request has no body",
        "400|POST|/api/v1/nodes|[]|BadRequest: the object provided is unrecognized (must be of type Node)",
        "400|POST|/api/v1/nodes|{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}|BadRequest: Pod in version \"v1\" cannot be handled as a Node",
        "400|POST|/api/v1/nodes|{\"kind\":\"Node\",\"apiVersion\":\"v2\"}|BadRequest: the API version in the data (v2) does not match the expected API version (v1)",
        "400|POST|/api/v1/nodes|{\"kind\":7}|BadRequest: kind must be a string, not number",
        "400|POST|/api/v1/nodes|{\"metadata\":[]}|BadRequest: metadata must be an object, not array",
        "400|POST|/api/v1/nodes|{\"a\":}|BadRequest: the body of the request is not valid JSON: line 1, column 6",
        "400|POST|/api/v1/namespaces/default/pods|{\"metadata\":{\"name\":\"p\",\"namespace\":\"other\"}}|BadRequest: the namespace of the provided object does not match",
        "400|PUT|/api/v1/nodes/n|{\"metadata\":{\"name\":\"m\"}}|BadRequest: the name of the object (m) does not match the name on the URL (n)",
        "400|PUT|/api/v1/nodes/n|{\"metadata\":{}}|BadRequest: the name of the object (n based on URL) was undeterminable",
        "400|GET|/api/v1/nodes?limit=x||BadRequest: limit must be a whole number, not \"x\"",
        "400|GET|/api/v1/nodes?labelSelector=%21%21||BadRequest: ",
        "400|GET|/api/v1/nodes?fieldSelector=spec.x%3D1||BadRequest: ",
        "400|GET|/api/v1/nodes?continue=zzz||BadRequest: ",
        "400|GET|/api/v1/nodes?watch=1&timeoutSeconds=x||BadRequest: timeoutSeconds must be a whole number",
        "422|POST|/api/v1/nodes?dryRun=Some|{}|Invalid: CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"Some\"",
        "422|POST|/api/v1/nodes?fieldValidation=Hard|{}|Invalid: CreateOptions.meta.k8s.io",
        "400|POST|/api/v1/nodes?fieldValidation=Strict|{\"metadata\":{\"name\":\"a\",\"name\":\"b\"}}|BadRequest: Node in version \"v1\" cannot be handled as a Node: strict decoding error: duplicate field \"metadata.name\"",
        "400|DELETE|/api/v1/nodes/n|{\"kind\":\"Pod\"}|BadRequest: the body of a deletion must be DeleteOptions",
        "400|DELETE|/api/v1/nodes/n|{\"gracePeriodSeconds\":\"x\"}|BadRequest: gracePeriodSeconds must be a number",
        "422|DELETE|/api/v1/nodes/n?propagationPolicy=Some||Invalid: DeleteOptions.meta.k8s.io",
      })
  void failuresAreTold(int code, String method, String path, String body, String message)
      throws IOException {
    assertThat(wire.refusal(code, method, path, body == null ? "" : body, JSON))
        .startsWith(message);
  }

  @Test
  void mediaTypesAreNegotiated() throws IOException {
    assertThat(wire.refusal(415, "POST", CLAIMS, "x", "Content-Type: text/plain"))
        .contains("accepted media types include: application/json, application/yaml");
    assertThat(wire.refusal(415, "PATCH", CLAIMS + "/a", "{}", JSON))
        .contains("application/strategic-merge-patch+json");
    assertThat(wire.refusal(415, "POST", CLAIMS, "x", JSON, "Content-Encoding: gzip"))
        .contains("is encoded as \"gzip\"; send it plain");
    assertThat(wire.refusal(406, "GET", CLAIMS, "", "Accept: text/html"))
        .contains("only the following media types are accepted: application/json");
    assertThat(
            wire.refusal(
                400, "PATCH", CLAIMS + "/a", "{}", "Content-Type: application/json-patch+json"))
        .contains("must be a list of operations, not object");
  }

  @Test
  void duplicateFieldsAreWarnedAbout() throws IOException {
    var body = claim("a").replace("\"spec\"", "\"metadata\":{\"name\":\"b\"},\"spec\"");
    var reply = wire.request("POST", CLAIMS, body, JSON).reply();
    assertThat(reply.code()).isEqualTo(201);
    assertThat(reply.headers())
        .containsEntry("warning", "299 - \"duplicate field \\\"metadata\\\"\"");
  }

  @Test
  void aBigListComesWholeThoughItIsReadInPages() throws IOException {
    var expected = new ArrayList<String>();
    for (var i = 0; i < 1203; i++) {
      var name = "c%04d".formatted(i);
      expected.add(name);
      wire.ask(201, "POST", CLAIMS, claim(name));
    }
    var list = wire.ask(200, "GET", CLAIMS, "");
    assertThat(list.path("items").valueStream().map(item -> at(item, "metadata", "name")))
        .containsExactlyElementsOf(expected);
    assertThat(at(list, "metadata", "continue")).isEmpty();
    var page = wire.ask(200, "GET", CLAIMS + "?limit=1000", "");
    assertThat(page.path("items")).hasSize(1000);
    assertThat(page.path("metadata").path("remainingItemCount").asInt()).isEqualTo(203);
    var rest =
        wire.ask(
            200, "GET", CLAIMS + "?limit=1000&continue=" + at(page, "metadata", "continue"), "");
    assertThat(rest.path("items")).hasSize(203);
    var table =
        wire.ask(200, "GET", CLAIMS, "", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io");
    assertThat(at(table, "kind")).isEqualTo("Table");
    assertThat(table.path("rows")).hasSize(1203);
    var row = table.path("rows").path(0);
    assertThat(row.path("cells")).hasSameSizeAs(table.path("columnDefinitions"));
    assertThat(at(row, "object", "kind")).isEqualTo("PartialObjectMetadata");
    assertThat(at(row, "object", "metadata", "name")).isEqualTo("c0000");
    var metadata =
        wire.ask(
            200,
            "GET",
            CLAIMS + "?limit=1",
            "",
            "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
    assertThat(at(metadata, "kind")).isEqualTo("PartialObjectMetadataList");
    assertThat(metadata.path("items").path(0).has("spec")).isFalse();
  }

  @Test
  void aDeletionIsToldAsItsKindTells() throws IOException {
    wire.ask(201, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n\"}}");
    var status = wire.ask(200, "DELETE", "/api/v1/nodes/n", "");
    assertThat(at(status, "kind")).isEqualTo("Status");
    assertThat(at(status, "status")).isEqualTo("Success");
    assertThat(at(status, "details", "name")).isEqualTo("n");
    wire.ask(201, "POST", CLAIMS, claim("a"));
    assertThat(at(wire.ask(200, "DELETE", CLAIMS + "/a", ""), "kind"))
        .isEqualTo("PersistentVolumeClaim");
  }

  @Test
  void aPodIsBound() throws IOException {
    var pods = "/api/v1/namespaces/default/pods";
    var pod =
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"host\"}]}}";
    wire.ask(201, "POST", pods, pod);
    wire.ask(201, "POST", pods, pod.replace("\"p\"", "\"q\""));
    var binding = "{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Node\",\"name\":\"n\"}}";
    assertThat(at(wire.ask(201, "POST", pods + "/p/binding", binding), "status"))
        .isEqualTo("Success");
    assertThat(at(wire.ask(200, "GET", pods + "/p", ""), "spec", "nodeName")).isEqualTo("n");
    assertThat(wire.refusal(409, "POST", pods + "/p/binding", binding)).startsWith("Conflict");
    wire.ask(201, "POST", "/api/v1/namespaces/default/bindings", binding.replace("\"p\"", "\"q\""));
    assertThat(wire.refusal(400, "POST", pods + "/p/binding", binding.replace("\"p\"", "\"x\"")))
        .contains("does not match the name on the URL");
  }

  @Test
  void theStoreThatCannotWriteIsUnavailable() throws IOException {
    server.store.setFaults(
        transaction ->
            new CommitFaults.Refused(
                new StoreException.Unavailable("the disk of the store is full", null)));
    var reply = wire.request("POST", CLAIMS, claim("a"), JSON).reply();
    assertThat(reply.code()).isEqualTo(503);
    assertThat(reply.headers()).containsEntry("retry-after", "1");
    assertThat(reply.body()).contains("the disk of the store is full");
    assertThat(wire.get(CLAIMS).code()).isEqualTo(200);
    try (var watching = Wire.open(server.socket())) {
      watching.request("GET", CLAIMS + "?watch=1", "");
      assertThat(watching.head().code()).isEqualTo(200);
      server.store.setFaults(CommitFaults.none());
      wire.ask(201, "POST", CLAIMS, claim("a"), JSON);
      assertThat(new String(watching.chunk(), StandardCharsets.UTF_8)).contains("ADDED");
    }
  }

  @Test
  void healthIsTold() throws IOException {
    assertThat(wire.get("/livez").body()).isEqualTo("ok");
    assertThat(wire.get("/readyz").body()).isEqualTo("ok");
    server.missing.add("the node has not read its volumes");
    var reply = wire.get("/readyz");
    assertThat(reply.code()).isEqualTo(503);
    assertThat(reply.body()).isEqualTo("the node has not read its volumes\n");
    assertThat(wire.get("/livez").code()).isEqualTo(200);
    assertThat(wire.get("/metrics").body()).isEqualTo("berth_test 1\n");
    assertThat(wire.get("/version").body()).contains("\"gitVersion\":\"v1.32.0+berth.0.0.0-test\"");
  }

  @Test
  void discoveryIsToldInBothForms() throws IOException {
    assertThat(at(wire.ask(200, "GET", "/api", ""), "kind")).isEqualTo("APIVersions");
    assertThat(wire.ask(200, "GET", "/apis", "").path("groups")).hasSize(5);
    assertThat(
            at(
                wire.ask(200, "GET", "/apis/storage.k8s.io", ""),
                "preferredVersion",
                "groupVersion"))
        .isEqualTo("storage.k8s.io/v1");
    assertThat(wire.ask(200, "GET", "/api/v1", "").path("resources"))
        .anySatisfy(
            resource -> {
              assertThat(at(resource, "name")).isEqualTo("pods/exec");
              assertThat(at(resource, "kind")).isEqualTo("PodExecOptions");
            });
    wire.refusal(404, "GET", "/apis/unknown", "");
    wire.refusal(404, "GET", "/apis/storage.k8s.io/v7", "");
    var reply =
        wire.get(
            "/apis",
            "Accept: application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json");
    assertThat(reply.headers())
        .containsEntry(
            "content-type",
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");
    assertThat(reply.body()).contains("\"resource\":\"storageclasses\"");
    var index = wire.ask(200, "GET", "/openapi/v3", "");
    for (var path : index.path("paths")) {
      assertThat(wire.ask(200, "GET", at(path, "serverRelativeURL"), "").path("openapi").asString())
          .isEqualTo("3.0.0");
    }
    wire.refusal(404, "GET", "/openapi/v3/api/v7", "");
    assertThat(wire.ask(200, "GET", "/openapi/v2", "").path("swagger").asString()).isEqualTo("2.0");
  }

  @Test
  void prettyIsLaidOut() throws IOException {
    assertThat(wire.get("/api/v1/namespaces?pretty=true").body())
        .startsWith("{\n  \"kind\": \"NamespaceList\",\n")
        .endsWith("\n}\n");
  }

  @Test
  void sixtyFourClientsAtOnce() throws Exception {
    var failures = new ConcurrentLinkedQueue<String>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var clients = new ArrayList<Callable<Void>>();
      for (var client = 0; client < 64; client++) {
        var name = "client-" + client;
        clients.add(
            () -> {
              try (var own = Wire.open(server.socket())) {
                for (var i = 0; i < 20; i++) {
                  var made = own.request("POST", CLAIMS, claim(name + "-" + i), JSON).reply();
                  var read = own.get(CLAIMS + "/" + name + "-" + i);
                  if (made.code() != 201 || !made.body().equals(read.body())) {
                    failures.add(made + " " + read);
                  }
                }
              }
              return null;
            });
      }
      for (var done : threads.invokeAll(clients)) {
        done.get();
      }
    }
    assertThat(failures).isEmpty();
    assertThat(wire.ask(200, "GET", CLAIMS, "").path("items")).hasSize(64 * 20);
  }

  @Test
  void nothingGrowsWhenClientsComeAndGo() throws IOException {
    for (var i = 0; i < 300; i++) {
      try (var own = Wire.open(server.socket())) {
        own.request("GET", CLAIMS + "?watch=1", "").head();
      }
    }
    await().untilAsserted(() -> assertThat(server.store.feeds()).isEmpty());
  }

  @Test
  void logsAreStreamed() throws IOException {
    var pods = "/api/v1/namespaces/default/pods";
    var pod =
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"c\",\"image\":\"host\"},{\"name\":\"d\",\"image\":\"host\"}]}}";
    wire.ask(201, "POST", pods, pod);
    wire.ask(201, "POST", pods, pod.replace("\"p\"", "\"q\"").replace("\"nodeName\":\"n\",", ""));
    assertThat(wire.refusal(400, "GET", pods + "/p/log", ""))
        .contains("a container name must be specified for pod p, choose one of: [c d]");
    assertThat(wire.refusal(400, "GET", pods + "/p/log?container=x", ""))
        .contains("container x is not valid for pod p");
    assertThat(wire.refusal(400, "GET", pods + "/q/log?container=c", ""))
        .contains("waiting to start");
    assertThat(wire.refusal(404, "GET", pods + "/p/log?container=c&previous=true", ""))
        .contains("previous terminated container");
    assertThat(wire.refusal(404, "GET", pods + "/none/log", ""))
        .contains("pods \"none\" not found");
    for (var bad :
        List.of("tailLines=-1", "limitBytes=0", "sinceTime=x", "sinceSeconds=1&sinceTime=x")) {
      wire.refusal(400, "GET", pods + "/p/log?container=c&" + bad, "");
    }
    var reply =
        wire.get(
            pods
                + "/p/log?container=c&follow=1&tailLines=5&timestamps=true&limitBytes=10&sinceTime=2026-01-02T03:04:05Z");
    assertThat(reply.body()).isEqualTo("hello from the log\n");
    assertThat(reply.headers()).containsEntry("content-type", "text/plain");
    var query = server.containers.queries.getLast();
    assertThat(query.follow()).isTrue();
    assertThat(query.timestamps()).isTrue();
    assertThat(query.tailLines()).hasValue(5);
    assertThat(query.limitBytes()).hasValue(10);
    assertThat(query.since()).hasToString("2026-01-02T03:04:05Z");
    assertThat(wire.refusal(400, "GET", pods + "/p/exec?container=c&command=id", ""))
        .contains("v5.channel.k8s.io");
    assertThat(wire.refusal(400, "POST", pods + "/q/exec?container=c&command=id", ""))
        .contains("does not have a host assigned");
  }
}
