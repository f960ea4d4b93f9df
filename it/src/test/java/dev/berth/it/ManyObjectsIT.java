package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.ManyClients;
import dev.berth.it.harness.SceneObjects;
import dev.berth.it.harness.UnixConnection;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As many objects as the options of the packaged launcher are to be enough for. */
@Tag("long")
class ManyObjectsIT {
  private static final int COUNT = 100_000;
  private static final String CLASS = "many";

  @Test
  void aHundredThousandClaimsAreBoundAndStillThereAfterARestart() throws Exception {
    try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
      each(
          server,
          (connection, n) ->
              create(connection, SceneObjects.VOLUMES, SceneObjects.volume("v-" + n, CLASS, n)));
      each(
          server,
          (connection, n) ->
              create(connection, SceneObjects.CLAIMS, SceneObjects.claim("c-" + n, CLASS, "10Gi")));
      each(server, ManyObjectsIT::awaitBound);
      server.restart();
      each(server, ManyObjectsIT::awaitBound);
      assertThat(server.log()).doesNotContain("OutOfMemoryError");
    }
  }

  private static void each(BerthProcess server, ManyClients.Task<UnixConnection> task)
      throws Exception {
    ManyClients.each(COUNT, () -> new UnixConnection(server.socket()), task);
  }

  private static void create(UnixConnection connection, String target, String body)
      throws Exception {
    var reply = connection.call("POST", target, "application/json", body);
    assertThat(reply.code()).as(reply.body()).isEqualTo(201);
  }

  private static void awaitBound(UnixConnection connection, int number) {
    var claim = SceneObjects.CLAIMS + "/c-" + number;
    await("claim " + number)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(
            () ->
                assertThat(connection.call("GET", claim, "", "").body())
                    .contains("\"phase\":\"Bound\""));
  }
}
