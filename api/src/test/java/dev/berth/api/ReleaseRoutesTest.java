package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What a program asks for of a volume whose claim has gone. */
@Timeout(60)
class ReleaseRoutesTest {
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

  private static String at(JsonNode node, String... path) {
    return Json.text(node, path);
  }

  @Test
  void aReleasedVolumeIsGivenBack() throws IOException {
    var volumes = "/api/v1/persistentvolumes";
    var volume =
        """
        {"metadata":{"name":"v"},
         "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],
                 "hostPath":{"path":"/x"},
                 "claimRef":{"kind":"PersistentVolumeClaim","apiVersion":"v1","namespace":"default",
                             "name":"a","uid":"u1","resourceVersion":"7"}}}""";
    wire.ask(201, "POST", volumes, volume);
    var undelete = volumes + "/v/undelete";
    assertThat(wire.refusal(409, "POST", undelete, ""))
        .isEqualTo(
            "Conflict: Operation cannot be fulfilled on persistentvolumes \"v\": the volume cannot be"
                + " given back: it is Pending; only a volume that is Released can be given back");
    var released = "{\"status\":{\"phase\":\"Released\"}}";
    var merge = "Content-Type: application/merge-patch+json";
    wire.ask(200, "PATCH", volumes + "/v/status", released, merge);
    var reference =
        wire.ask(200, "POST", undelete + "?dryRun=All", "").path("spec").path("claimRef");
    assertThat(reference.propertyNames())
        .containsExactly("kind", "apiVersion", "namespace", "name");
    assertThat(at(wire.ask(200, "GET", volumes + "/v", ""), "spec", "claimRef", "uid"))
        .isEqualTo("u1");
    assertThat(wire.ask(200, "POST", undelete, "{}").path("spec").path("claimRef"))
        .isEqualTo(reference);
    assertThat(wire.refusal(404, "POST", volumes + "/w/undelete", ""))
        .isEqualTo("NotFound: persistentvolumes \"w\" not found");
    assertThat(wire.refusal(405, "GET", undelete, "")).startsWith("MethodNotAllowed: ");
    assertThat(wire.ask(200, "GET", "/api/v1", "").toString())
        .contains("persistentvolumes/undelete");
    var release = volumes + "/v/release";
    wire.ask(200, "PATCH", volumes + "/v/status", released, merge);
    assertThat(wire.refusal(409, "POST", release, ""))
        .contains("it still holds the data of claim default/a")
        .contains("?withData=true");
    for (var slip : List.of("no", "0", "perhaps", "")) {
      assertThat(wire.refusal(400, "POST", release + "?withData=" + slip, ""))
          .isEqualTo("BadRequest: withData must be true or false, not \"" + slip + "\"");
    }
    assertThat(at(wire.ask(200, "GET", volumes + "/v", ""), "spec", "claimRef", "name"))
        .isEqualTo("a");
    assertThat(wire.ask(200, "POST", release + "?withData=true", "").path("spec").has("claimRef"))
        .isFalse();
  }
}
