package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import dev.berth.core.node.DiskReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class NodeDisksTest {
  private static final String DISKS = "/api/v1/nodes/n1/disks";

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

  private JsonNode ask(int code, String method, String path, String body) throws IOException {
    var reply = wire.request(method, path, body).reply();
    assertThat(reply.code()).as(reply.body()).isEqualTo(code);
    return Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aNodeTellsItsDisks() throws IOException {
    ask(201, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}}");
    server.disks.put(
        "n1",
        List.of(
            new DiskReport(
                "/dev/sdb",
                "/dev/disk/by-id/ata-X",
                1L << 40,
                false,
                "X",
                "no signature",
                List.of(),
                true,
                "it is blank: it would be formatted")));
    var disk = ask(200, "GET", DISKS, "").path("items").path(0);
    assertThat(disk.path("path").asString()).isEqualTo("/dev/disk/by-id/ata-X");
    assertThat(disk.path("sizeBytes").asLong()).isEqualTo(1L << 40);
    assertThat(disk.path("usable").asBoolean()).isTrue();
    assertThat(ask(405, "POST", DISKS, "{}").path("reason").asString())
        .isEqualTo("MethodNotAllowed");
  }

  @Test
  void aNodeThatIsNotHereIsSaidToBeElsewhereOrNowhere() throws IOException {
    assertThat(ask(404, "GET", DISKS, "").path("message").asString())
        .isEqualTo("nodes \"n1\" not found");
    ask(201, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}}");
    assertThat(ask(404, "GET", DISKS, "").path("message").asString())
        .contains("n1", "not hosted by this server");
  }
}
