package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.UnixConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** As many objects as the options of the packaged launcher are to be enough for. */
@Tag("long")
class ManyObjectsIT {
  private static final int COUNT = 100_000;
  private static final int CONNECTIONS = 16;
  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";

  @Test
  void aHundredThousandClaimsAreBoundAndStillThereAfterARestart() throws Exception {
    try (var server = BerthProcess.start("--roles", "api,controllers,scheduler")) {
      each(server, (connection, n) -> create(connection, VOLUMES, volume(n)));
      each(server, (connection, n) -> create(connection, CLAIMS, claim(n)));
      each(server, ManyObjectsIT::awaitBound);
      server.restart();
      each(server, ManyObjectsIT::awaitBound);
      assertThat(server.log()).doesNotContain("OutOfMemoryError");
    }
  }

  private interface Task {
    void run(UnixConnection connection, int number) throws Exception;
  }

  private static void each(BerthProcess server, Task task) throws Exception {
    var next = new AtomicInteger();
    var clients = new ArrayList<Callable<Void>>();
    for (var i = 0; i < CONNECTIONS; i++) {
      clients.add(
          () -> {
            try (var connection = new UnixConnection(server.socket())) {
              for (var n = next.getAndIncrement(); n < COUNT; n = next.getAndIncrement()) {
                task.run(connection, n);
              }
            }
            return null;
          });
    }
    try (var threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      for (var done : threads.invokeAll(clients)) {
        done.get();
      }
    }
  }

  private static void create(UnixConnection connection, String target, String body)
      throws Exception {
    var reply = connection.call("POST", target, "application/json", body);
    assertThat(reply.code()).as(reply.body()).isEqualTo(201);
  }

  private static void awaitBound(UnixConnection connection, int number) {
    await("claim " + number)
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofMinutes(5))
        .untilAsserted(
            () ->
                assertThat(connection.call("GET", CLAIMS + "/c-" + number, "", "").body())
                    .contains("\"phase\":\"Bound\""));
  }

  private static String volume(int number) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v-%1$d"},
         "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Retain","storageClassName":"many",
          "local":{"path":"/dev/disk/by-id/disk-%1$d","fsType":"ext4"},
          "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
           {"key":"kubernetes.io/hostname","operator":"In","values":["node-%1$d"]}]}]}}}}
        """
        .formatted(number);
  }

  private static String claim(int number) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c-%d"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"many",
          "resources":{"requests":{"storage":"10Gi"}}}}
        """
        .formatted(number);
  }
}
