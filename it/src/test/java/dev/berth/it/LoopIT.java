package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image of a pool under a pod, and how full it is, as users see it. */
class LoopIT {
  private final Path pool;
  private final BerthProcess server;
  private final Cluster cluster;

  LoopIT(@TempDir Path dir) throws IOException {
    pool = Files.createDirectory(dir.resolve("pool"));
    var config =
        Files.writeString(
            dir.resolve("berth.yaml"),
            "imageAliases: {nginx: host}\npools: {fast: %s}\n".formatted(pool));
    server = BerthProcess.start("--config", config.toString());
    cluster = new Cluster(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aVolumeOfAPoolServesItsPodAndTellsHowFullItIs() {
    cluster.apply(
        Cluster.LOCAL_STORAGE,
        Cluster.localVolume("db-1", "/x", "320Mi", "Retain", "node-1")
            .replace(
                "local: {path: /x, fsType: ext4}",
                "csi: {driver: loop.berth.dev, volumeHandle: db-1, fsType: xfs,"
                    + " volumeAttributes: {pool: fast}}"),
        Cluster.claim("data", "320Mi", "local-storage"),
        Cluster.pod("db", "data"));
    cluster.awaitRunning("db");
    assertThat(pool.resolve("db-1.img")).hasSize(320L << 20);
    cluster.exec("db", "sh", "-c", "echo data > /usr/share/nginx/html/file").ok();

    assertThat(server.kubectl("get", "--raw", "/api/v1/nodes/node-1/proxy/stats/summary").ok())
        .contains("\"name\":\"data\"", "capacityBytes");
    assertThat(server.berth("describe", "pvc", "data").ok())
        .containsPattern("(?i)used: +.*Mi.* of .*Mi.*inodes");
    assertThat(server.call("GET", "/metrics", "", "").body())
        .containsPattern(
            "kubelet_volume_stats_capacity_bytes\\{namespace=\"default\","
                + "persistentvolumeclaim=\"data\",?\\} [1-9]");

    // A server that is killed finds it as it was.
    server.kill();
    server.launch();
    server.awaitReady();
    assertThat(cluster.exec("db", "cat", "/usr/share/nginx/html/file").ok()).contains("data");
    server.kubectl("delete", "pod/db", "pvc/data", "pv/db-1").ok();
    cluster.soon(
        () ->
            assertThat(
                    Command.run("losetup", "--list", "--noheadings", "--output", "BACK-FILE").ok())
                .doesNotContain(pool.toString()));
    assertThat(pool.resolve("db-1.img")).exists();
  }

  @Test
  void aClaimOfAClassGetsAnImageWhereItsPodRunsAndTheImageGoesWithIt() throws IOException {
    cluster.apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: loop}
        provisioner: loop.berth.dev
        volumeBindingMode: WaitForFirstConsumer
        reclaimPolicy: Delete
        parameters: {pool: fast}
        """,
        Cluster.claim("data", "64Mi", "loop"),
        Cluster.claim("large", "64Ti", "loop"),
        Cluster.pod("db", "data"),
        Cluster.pod("greedy", "large"));
    cluster.awaitRunning("db");
    cluster.exec("db", "sh", "-c", "echo data > /usr/share/nginx/html/file").ok();
    assertThat(images()).hasSize(1);
    cluster.soon(
        () ->
            assertThat(server.berth("describe", "pvc", "large").ok())
                .contains("ProvisioningFailed", "node node-1 could not make a volume of 64Ti"));

    server.kill();
    server.launch();
    server.awaitReady();
    assertThat(cluster.exec("db", "cat", "/usr/share/nginx/html/file").ok()).contains("data");
    server.kubectl("delete", "pod/db", "pod/greedy", "pvc/data", "pvc/large").ok();
    cluster.soon(() -> assertThat(server.kubectl("get", "pv").err()).contains("No resources"));
    assertThat(images()).isEmpty();
  }

  @Test
  void aLinkMayLeadToTheDataDirectory(@TempDir Path elsewhere) throws IOException {
    var aliases =
        Files.writeString(elsewhere.resolve("berth.yaml"), "imageAliases: {nginx: host}\n");
    try (var linked = BerthProcess.prepare("--config", aliases.toString())) {
      Files.createSymbolicLink(linked.dataDir(), elsewhere);
      linked.launch();
      linked.awaitReady();
      var its = new Cluster(linked);
      its.apply(
          """
          apiVersion: storage.k8s.io/v1
          kind: StorageClass
          metadata: {name: loop}
          provisioner: loop.berth.dev
          reclaimPolicy: Retain
          """,
          Cluster.claim("data", "64Mi", "loop"),
          Cluster.pod("db", "data"));
      its.awaitRunning("db");
      linked.stop();
      linked.berth("node", "cleanup", "--data-dir", linked.dataDir().toString()).ok();
      assertThat(Command.run("losetup", "--list", "--noheadings", "--output", "BACK-FILE").ok())
          .doesNotContain(elsewhere.toString());
      assertThat(elsewhere.resolve("pools/node-1/default")).isNotEmptyDirectory();
    }
  }

  private List<Path> images() throws IOException {
    try (var files = Files.list(pool)) {
      return files.filter(file -> file.toString().endsWith(".img")).toList();
    }
  }
}
