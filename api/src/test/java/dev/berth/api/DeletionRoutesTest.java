package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Deletions as a program asks for them: of one, of many, by eviction. */
@Timeout(60)
class DeletionRoutesTest {
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
     "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}\
    """
        .formatted(name);
  }

  private static String at(JsonNode node, String... path) {
    return Json.text(node, path);
  }

  @Test
  void aCollectionIsDeleted() throws IOException {
    for (var i = 0; i < 3; i++) {
      wire.ask(201, "POST", "/api/v1/namespaces/default/configmaps", settings(i));
    }
    var maps = "/api/v1/namespaces/default/configmaps";
    var dry = wire.ask(200, "DELETE", maps + "?dryRun=All", "");
    assertThat(dry.path("items")).hasSize(3);
    var some = wire.ask(200, "DELETE", maps + "?limit=1&labelSelector=n+notin+(0)", "");
    assertThat(at(some, "kind")).isEqualTo("ConfigMapList");
    assertThat(at(some.path("items").get(0), "metadata", "name")).isEqualTo("s1");
    assertThat(at(some, "metadata", "continue")).isNotEmpty();
    assertThat(wire.refusal(400, "DELETE", maps + "?fieldSelector=data.a%3Db", ""))
        .isEqualTo(
            "BadRequest: \"data.a\" is not a known field selector: only \"metadata.name\","
                + " \"metadata.namespace\"");
    wire.ask(200, "DELETE", maps, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}", JSON);
    assertThat(wire.ask(200, "GET", maps, "").path("items")).isEmpty();
    wire.refusal(405, "DELETE", "/api/v1/namespaces", "");
    wire.refusal(405, "DELETE", "/api/v1/configmaps", "");
  }

  private static String settings(int i) {
    return "{\"metadata\":{\"name\":\"s%d\",\"labels\":{\"n\":\"%d\"}}}".formatted(i, i);
  }

  @Test
  void howToDeleteMustMakeSense() throws IOException {
    wire.ask(201, "POST", CLAIMS, claim("kept"));
    assertThat(wire.refusal(422, "DELETE", CLAIMS + "/kept?gracePeriodSeconds=-1", ""))
        .contains("gracePeriodSeconds: Invalid value: -1");
    wire.refusal(
        400, "DELETE", CLAIMS + "/kept?orphanDependents=true&propagationPolicy=Background", "");
    assertThat(at(wire.ask(200, "GET", CLAIMS + "/kept", ""), "metadata", "deletionTimestamp"))
        .isEmpty();
  }

  @Test
  void anEvictionNamesItsPod() throws IOException {
    var pods = "/api/v1/namespaces/default/pods";
    wire.ask(
        201,
        "POST",
        pods,
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"host\"}]}}");
    var eviction =
        "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"%s\"},"
            + "\"deleteOptions\":{\"dryRun\":[\"All\"]}}";
    wire.refusal(400, "POST", pods + "/p/eviction", eviction.formatted("q"));
    wire.ask(201, "POST", pods + "/p/eviction", eviction.formatted("p"));
    wire.ask(200, "GET", pods + "/p", "");
    wire.ask(
        201, "POST", pods + "/p/eviction", "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\"}");
    wire.refusal(404, "GET", pods + "/p", "");
    wire.refusal(404, "POST", pods + "/p/eviction", eviction.formatted("p"));
  }
}
