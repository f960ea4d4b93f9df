package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import dev.berth.core.node.DiskReport;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.OrphanReport;
import dev.berth.core.node.VolumeUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
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
        new NodeStorage(
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
                    "it is blank: it would be formatted",
                    "its file system is damaged",
                    "cordoned by an administrator")),
            List.of(new OrphanReport("/pool/a.img", "image", true, "remove the file"))));
    var list = ask(200, "GET", DISKS, "");
    assertThat(list.path("orphans").toString())
        .isEqualTo(
            "[{\"what\":\"/pool/a.img\",\"kind\":\"image\",\"certain\":true,"
                + "\"remedy\":\"remove the file\"}]");
    var disk = list.path("items").path(0);
    assertThat(disk.path("path").asString()).isEqualTo("/dev/disk/by-id/ata-X");
    assertThat(disk.path("sizeBytes").asLong()).isEqualTo(1L << 40);
    assertThat(disk.path("usable").asBoolean()).isTrue();
    assertThat(disk.path("health").asString()).isEqualTo("its file system is damaged");
    assertThat(disk.path("cordon").asString()).isEqualTo("cordoned by an administrator");
    assertThat(ask(405, "POST", DISKS, "{}").path("reason").asString())
        .isEqualTo("MethodNotAllowed");
  }

  @Test
  void aNodeTellsHowFullItsClaimsAreAsKubernetesDoes() throws IOException {
    var stats = "/api/v1/nodes/n1/proxy/stats/summary";
    ask(201, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}}");
    assertThat(ask(404, "GET", stats, "").path("message").asString())
        .contains("not hosted by this server");
    var time = Instant.parse("2026-01-02T03:04:05.678Z");
    server.usage.put(
        "n1",
        List.of(
            new VolumeUsage(
                "default",
                "data",
                "db-0",
                "uid-1",
                "data",
                new VolumeUsage.Figures(100, 60, 40, 10, 7, 3),
                time,
                ""),
            new VolumeUsage(
                "default",
                "logs",
                "db-0",
                "uid-1",
                "logs",
                VolumeUsage.Figures.NONE,
                time,
                "it does not answer")));
    var body = ask(200, "GET", stats, "");
    assertThat(body.at("/node/nodeName").asString()).isEqualTo("n1");
    assertThat(body.path("pods")).hasSize(1);
    assertThat(body.at("/pods/0/podRef").toString())
        .isEqualTo("{\"name\":\"db-0\",\"namespace\":\"default\",\"uid\":\"uid-1\"}");
    assertThat(body.at("/pods/0/volume/0").toString())
        .isEqualTo(
            "{\"name\":\"data\",\"pvcRef\":{\"name\":\"data\",\"namespace\":\"default\"},"
                + "\"time\":\"2026-01-02T03:04:05Z\",\"capacityBytes\":100,\"availableBytes\":60,"
                + "\"usedBytes\":40,\"inodes\":10,\"inodesFree\":7,\"inodesUsed\":3}");
    assertThat(body.at("/pods/0/volume/1/problem").asString()).isEqualTo("it does not answer");
    assertThat(body.at("/pods/0/volume/1/usedBytes").isMissingNode()).isTrue();
    assertThat(ask(405, "POST", stats, "{}").path("reason").asString())
        .isEqualTo("MethodNotAllowed");
    ask(404, "GET", "/api/v1/nodes/n1/proxy/stats/other", "");
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
