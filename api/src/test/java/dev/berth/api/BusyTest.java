package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.api.http.Limits;
import dev.berth.api.http.Wire;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens when more is asked at once than is allowed. */
@Timeout(60)
class BusyTest {
  private static final String NODES = "/api/v1/nodes";
  private static final Limits TIGHT =
      new Limits(
          100,
          100,
          64 << 10,
          64 << 10,
          3 << 20,
          32 << 20,
          64,
          1,
          2,
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(3));

  private TestServer server;
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    server = TestServer.start(TIGHT);
    wire = Wire.open(server.socket());
  }

  @AfterEach
  void stop() throws IOException {
    wire.close();
    server.close();
  }

  @Test
  void tooManyRequestsAreToldToComeAgain() throws IOException {
    server.store.holdCommits();
    try (var writing = Wire.open(server.socket())) {
      writing.request("POST", NODES, "{\"metadata\":{\"name\":\"n\"}}");
      await().until(() -> server.store.heldCommits() == 1);
      var refused = wire.get(NODES);
      assertThat(refused.code()).isEqualTo(429);
      assertThat(refused.headers()).containsEntry("retry-after", "1");
      assertThat(refused.body()).contains("\"reason\":\"TooManyRequests\"");
      assertThat(wire.get("/livez").code()).as("told however busy it is").isEqualTo(200);
      server.store.releaseCommits();
      assertThat(writing.reply().code()).isEqualTo(201);
    }
    await().untilAsserted(() -> assertThat(wire.get(NODES).code()).isEqualTo(200));
  }

  @Test
  void tooManyStreamsAreToldToComeAgain() throws IOException {
    try (var first = Wire.open(server.socket());
        var second = Wire.open(server.socket())) {
      for (var watch : new Wire[] {first, second}) {
        watch.request("GET", NODES + "?watch=1", "");
        assertThat(watch.head().code()).isEqualTo(200);
      }
      assertThat(wire.get(NODES + "?watch=1").code()).isEqualTo(429);
      assertThat(wire.get(NODES).code()).isEqualTo(200);
    }
    await()
        .untilAsserted(
            () -> {
              try (var again = Wire.open(server.socket())) {
                again.request("GET", NODES + "?watch=1", "");
                assertThat(again.head().code()).isEqualTo(200);
              }
            });
  }
}
