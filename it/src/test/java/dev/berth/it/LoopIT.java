package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.berth.core.model.Quantity;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image of a pool under a pod, and how full it is, as users see it. */
class LoopIT {
  private static final String LOOP =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: loop}
      provisioner: loop.berth.dev
      volumeBindingMode: WaitForFirstConsumer
      reclaimPolicy: Delete
      parameters: {pool: fast}
      """;

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
  void aVolumeOfAPoolServesItsPodAndTellsHowFullItIs() throws IOException {
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

    // Others on this host may have left control groups of nodes of that name.
    assertThat(server.berth("disks").ok()).doesNotContain(pool + "/");
    var stray = Files.createFile(pool.resolve("stray.img"));
    assertThat(server.berth("disks").ok())
        .containsPattern("NODE +ORPHAN +KIND +WHAT TO DO")
        .containsPattern(stray + " +image +look again");
    assertThat(server.berth("disks").ok())
        .containsPattern(stray + " +image +make a volume that names it, or remove the file");

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
    cluster.apply(LOOP, Cluster.claim("data", "64Mi", "loop"), Cluster.pod("db", "data"));
    cluster.awaitRunning("db");
    cluster.exec("db", "sh", "-c", "echo data > /usr/share/nginx/html/file").ok();
    assertThat(images()).hasSize(1);

    server.kill();
    server.launch();
    server.awaitReady();
    assertThat(cluster.exec("db", "cat", "/usr/share/nginx/html/file").ok()).contains("data");
    server.kubectl("delete", "pod/db", "pvc/data").ok();
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

  @Test
  void aClaimThatIsLargerThanThePoolsSpaceWaitsWithThatReasonUntilThereIsSpace(@TempDir Path dir)
      throws IOException {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), 256L << 20)) {
      Command.run("mkfs.ext4", "-q", "-m", "0", disk.device()).ok();
      Command.run("mount", disk.device(), pool.toString()).ok();
      try {
        var filler = Files.write(pool.resolve("filler"), new byte[128 << 20]);
        cluster.apply(LOOP, Cluster.claim("data", "160Mi", "loop"));
        cluster.soon(() -> assertThat(told()).isEqualTo(free()));
        assertThat(server.kubectl("get", "csistoragecapacities", "--all-namespaces").ok())
            .containsPattern("kube-node-lease +loop.node-1 +loop +\\d+[KM]i");

        cluster.apply(Cluster.pod("db", "data"));
        cluster.soon(
            () ->
                assertThat(cluster.conditions("db"))
                    .anySatisfy(
                        why -> assertThat(why).contains("did not have enough free storage")));
        assertThat(cluster.phase(cluster.claim("data"))).isEqualTo("Pending");
        assertThat(server.kubectl("get", "pv").err()).contains("No resources");

        Files.delete(filler);
        cluster.awaitRunning("db");
        assertThat(cluster.phase(cluster.claim("data"))).isEqualTo("Bound");
        assertThat(told()).isCloseTo(free(), within(1L << 20));
        server.kubectl("delete", "pod/db", "pvc/data").ok();
        cluster.soon(() -> assertThat(images()).isEmpty());
        server.kubectl("delete", "storageclass/loop").ok();
        cluster.soon(
            () ->
                assertThat(server.kubectl("get", "csistoragecapacities", "-A").err())
                    .contains("No resources"));
      } finally {
        server.kill();
        // What a failed test has left may hold it: that is told by itself, and the failure is not
        // to be hidden by this one.
        Command.run("umount", "--lazy", pool.toString()).ok();
      }
    }
  }

  @Test
  void aNodeThatLeavesItsHostTakesWhatItToldOfItsPoolsWithIt(@TempDir Path dir) throws IOException {
    var nodes = dir.resolve("berth.yaml");
    Files.writeString(nodes, "nodes: [{name: n1}, {name: n2}, {name: n3}]\n");
    try (var several = BerthProcess.start("--config", nodes.toString(), "--node-name", "")) {
      new Cluster(several).apply(LOOP.replace("fast", "default"));
      var list = new String[] {"get", "csistoragecapacities", "-n", "kube-node-lease"};
      cluster.soon(
          () ->
              assertThat(several.kubectl(list).ok()).contains("loop.n1 ", "loop.n2 ", "loop.n3 "));
      Files.writeString(nodes, "nodes: [{name: n1}]\n");
      several.kill();
      several.launch();
      several.awaitReady();
      assertThat(several.kubectl(list).ok()).contains("loop.n2 ", "loop.n3 ");
      // Of a host that is gone, only its Node object is there to be deleted.
      several.kubectl("delete", "node/n3").ok();
      cluster.soon(() -> assertThat(several.kubectl(list).ok()).doesNotContain("loop.n3 "));
      var root = several.dataDir().resolve("nodes/n2").toString();
      assertThat(several.berth("node", "cleanup", "--root", root, "--dry-run").ok())
          .contains("would remove csistoragecapacity/loop.n2");
      assertThat(several.berth("node", "cleanup", "--root", root).ok())
          .contains("removing csistoragecapacity/loop.n2", "has left this host");
      assertThat(several.kubectl(list).ok()).contains("loop.n1 ").doesNotContain("loop.n2 ");
    }
  }

  private long free() throws IOException {
    return Files.getFileStore(pool).getUsableSpace();
  }

  /** What is reported to be free for the class. */
  private long told() {
    var reports = server.object("/apis/storage.k8s.io/v1/csistoragecapacities").path("items");
    return reports.isEmpty()
        ? -1
        : Quantity.parse(reports.path(0).path("capacity").asString("")).ceiling();
  }

  private List<Path> images() throws IOException {
    try (var files = Files.list(pool)) {
      return files.filter(file -> file.toString().endsWith(".img")).toList();
    }
  }
}
