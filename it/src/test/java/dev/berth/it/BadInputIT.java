package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be stored is refused with a Status that says what to change, and nothing is lost. */
class BadInputIT {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";

  private static final BerthProcess server = BerthProcess.start("--roles", "api");

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{\"kind\": \"Persis                       | application/json     | 400 | BadRequest",
        "a: [1, 2                                  | application/yaml     | 400 | BadRequest",
        "[]                                        | application/json     | 400 | BadRequest",
        "{\"apiVersion\":\"v1\",\"kind\":\"Gadget\"} | application/json   | 400 | BadRequest",
        "{}                                        | text/html            | 415 | UnsupportedMediaType",
      })
  void aBodyThatIsNoObjectIsRefused(String body, String type, int code, String reason) {
    var reply = server.call("POST", CLAIMS, type, body);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.body())
        .contains("\"kind\":\"Status\"")
        .contains("\"reason\":\"" + reason + "\"")
        .contains("\"message\":\"");
  }

  @Test
  void anUnknownKindIsNotFound() {
    assertThat(server.call("GET", "/api/v1/gadgets", "", "").code()).isEqualTo(404);
    assertThat(server.call("GET", "/apis/nowhere/v1", "", "").code()).isEqualTo(404);
    assertThat(server.kubectl("get", "gadgets").failed())
        .contains("doesn't have a resource type \"gadgets\"");
  }

  @Test
  void everyMissingFieldIsNamedAtOnce() {
    var reply =
        server.call(
            "POST",
            CLAIMS,
            "application/yaml",
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: empty}, spec: {}}");
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.body()).contains("spec.accessModes").contains("spec.resources[storage]");
  }

  @ParameterizedTest
  @CsvSource({"Upper", "under_score", "-dash", "dot.", "a/b"})
  void aNameThatIsNoDnsNameIsRefused(String name) {
    var reply = server.call("POST", CLAIMS, "application/yaml", claim(name));
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.body()).contains("metadata.name");
  }

  @Test
  void anOldVersionIsAConflict() {
    var created = server.call("POST", CLAIMS, "application/yaml", claim("stale"));
    assertThat(created.code()).isEqualTo(201);
    var changed =
        created.body().replace("\"metadata\":{", "\"metadata\":{\"labels\":{\"a\":\"b\"},");
    assertThat(server.call("PUT", CLAIMS + "/stale", "application/json", changed).code())
        .isEqualTo(200);
    var again =
        server.call(
            "PUT", CLAIMS + "/stale", "application/json", changed.replace("\"b\"", "\"c\""));
    assertThat(again.code()).isEqualTo(409);
    assertThat(again.body()).contains("\"reason\":\"Conflict\"").contains("stale");
  }

  @Test
  void aBodyOverThreeMebibytesIsRefusedAndTheServerGoesOn() {
    var large = claim("large").replace("spec:", "data: \"" + "x".repeat(3 << 20) + "\"\nspec:");
    var reply = server.call("POST", CLAIMS, "application/yaml", large);
    assertThat(reply.code()).isEqualTo(413);
    assertThat(reply.body()).contains("\"kind\":\"Status\"");
    assertThat(server.ready()).isTrue();
  }

  @Test
  void aMissingNamespaceIsNamed() {
    var reply =
        server.call(
            "POST",
            "/api/v1/namespaces/nowhere/persistentvolumeclaims",
            "application/yaml",
            claim("lost"));
    assertThat(reply.code()).isEqualTo(404);
    assertThat(reply.body()).contains("nowhere");
  }

  @Test
  void overTcpNothingIsAnsweredToStrangers() {
    var url = "https://127.0.0.1:" + server.port() + "/api/v1/pods";
    var anonymous = dev.berth.it.harness.Command.run("curl", "-sk", "-w", "%{http_code}", url);
    assertThat(anonymous.out()).endsWith("401").contains("\"kind\":\"Status\"");
    var forged =
        dev.berth.it.harness.Command.run(
            "curl", "-sk", "-w", "%{http_code}", "-H", "Authorization: Bearer nonsense", url);
    assertThat(forged.out()).endsWith("401");
  }

  private static String claim(String name) {
    return """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: "%s"}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 1Gi}}
        """
        .formatted(name);
  }
}
