package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims that belong together or apart, on four nodes in two racks that one process plays. */
class TogetherIT {
  private static final long BYTES = 64L << 20;
  private static final String SIZE = "64Mi";

  private final Path dir;
  private final BerthProcess server;
  private final Cluster cluster;
  private final List<LoopDisk> disks = new ArrayList<>();

  TogetherIT(@TempDir Path dir) throws IOException {
    this.dir = dir;
    var config =
        Files.writeString(
            dir.resolve("berth.yaml"),
            """
            imageAliases: {nginx: host}
            nodes:
            - {name: n1, labels: {rack: a}}
            - {name: n2, labels: {rack: a}}
            - {name: n3, labels: {rack: b}}
            - {name: n4, labels: {rack: b}}
            """);
    server = BerthProcess.start("--config", config.toString(), "--node-name", "");
    cluster = new Cluster(server);
    cluster.apply(Cluster.LOCAL_STORAGE);
    cluster.soon(
        () ->
            assertThat(server.object("/api/v1/nodes").path("items").toString())
                .contains("n1", "n2", "n3", "n4"));
  }

  @AfterEach
  void stop() {
    server.kubectl("delete", "pods,pvc,pv", "--all", "--timeout=60s");
    server.close();
    disks.forEach(LoopDisk::close);
  }

  private void disk(String node, String name) {
    var disk = LoopDisk.make(dir.resolve(name + ".img"), BYTES);
    disks.add(disk);
    cluster.apply(Cluster.localVolume(name, disk.device(), SIZE, "Retain", node));
  }

  private static String claim(String name, String... annotations) {
    return Cluster.claim(name, SIZE, "local-storage")
        .replace(
            "{name: %s}".formatted(name),
            "{name: %s, annotations: {%s}}".formatted(name, String.join(", ", annotations)));
  }

  private String nodeOf(String pod) {
    return cluster.pod(pod).at("/spec/nodeName").asString("");
  }

  @Test
  void s13TheDisksOfAGroupComeFromOneNodeOrNotAtAll() {
    String[] group = {"berth.dev/volume-group: db", "berth.dev/volume-group-size: \"2\""};
    disk("n1", "n1-only");
    disk("n2", "n2-only");
    var pod =
        Cluster.pod("db", "data")
            .replace("volumeMounts: [", "volumeMounts: [{name: log, mountPath: /mnt}, ")
            .replace(
                "volumes: [", "volumes: [{name: log, persistentVolumeClaim: {claimName: log}}, ");
    cluster.apply(claim("data", group), pod);
    cluster.soon(
        () ->
            assertThat(cluster.events())
                .containsPattern("db: 1 of 2|1 of 2 claims|1 of its 2 claims"));

    // The group is whole, but no node has two disks.
    cluster.apply(claim("log", group));
    cluster.soon(
        () ->
            assertThat(server.berth("explain", "pod/db").out())
                .contains("none of 4 nodes can take it"));
    for (var volume : List.of("n1-only", "n2-only")) {
      cluster.awaitPhase("pv/" + volume, "Available");
    }
    assertThat(cluster.phase(cluster.claim("data"))).isEqualTo("Pending");

    disk("n3", "n3-first");
    disk("n3", "n3-second");
    cluster.awaitRunning("db");
    assertThat(nodeOf("db")).isEqualTo("n3");
    assertThat(
            List.of(
                cluster.claim("data").at("/spec/volumeName").asString(),
                cluster.claim("log").at("/spec/volumeName").asString()))
        .containsExactlyInAnyOrder("n3-first", "n3-second");
    assertThat(
            Cluster.mountsBelow(server.dataDir().resolve("nodes/n3/pods")).stream()
                .filter(mount -> mount.contains("kubernetes.io~local-volume")))
        .hasSize(2);
  }

  @Test
  void s14ReplicasThatAreCreatedAtOnceGetDisksInDifferentRacks() {
    String[] spread = {"berth.dev/volume-spread: db", "berth.dev/volume-spread-topology: rack"};
    for (var node : List.of("n1", "n2", "n3")) {
      disk(node, node + "-first");
      disk(node, node + "-second");
    }
    cluster.apply(
        claim("data-0", spread),
        claim("data-1", spread),
        claim("data-2", spread),
        Cluster.pod("db-0", "data-0"),
        Cluster.pod("db-1", "data-1"),
        Cluster.pod("db-2", "data-2"));
    var running = new TreeSet<String>();
    cluster.soon(
        () -> {
          running.clear();
          for (var pod : List.of("db-0", "db-1", "db-2")) {
            if (cluster.phase(cluster.pod(pod)).equals("Running")) {
              running.add(rackOf(nodeOf(pod)));
            }
          }
          assertThat(running).containsExactly("a", "b");
        });

    // There are two racks: the third waits, with its reason, and goes on when one is free.
    var third =
        List.of("db-0", "db-1", "db-2").stream()
            .filter(pod -> nodeOf(pod).isEmpty())
            .findFirst()
            .orElseThrow();
    assertThat(server.berth("explain", "pod/" + third).ok())
        .contains("a rack that no other claim of its spread has", "taken: a, b");
    var inB =
        List.of("db-0", "db-1", "db-2").stream()
            .filter(pod -> nodeOf(pod).equals("n3"))
            .findFirst()
            .orElseThrow();
    var claim = inB.replace("db", "data");
    var volume = cluster.claim(claim).at("/spec/volumeName").asString();
    server.kubectl("delete", "pod/" + inB, "pvc/" + claim, "--timeout=30s").ok();
    server.kubectl("delete", "pv/" + volume, "--timeout=30s").ok();
    cluster.awaitRunning(third);
    assertThat(nodeOf(third)).isEqualTo("n3");
  }

  private static String rackOf(String node) {
    return List.of("n1", "n2").contains(node) ? "a" : "b";
  }

  @Test
  void s14ReplicasThatMustNotMeetAreKeptApartBeforeTheirDisksAreBound() {
    disk("n1", "n1-first");
    disk("n1", "n1-second");
    disk("n4", "n4-huge");
    var apart =
        """
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {topologyKey: rack, labelSelector: {matchLabels: {app: db}}}
        """;
    for (var n = 0; n < 2; n++) {
      cluster.apply(
          Cluster.claim("data-" + n, SIZE, "local-storage"),
          Cluster.pod("db-" + n, "data-" + n)
                  .replace("{name: db-" + n + "}", "{name: db-" + n + ", labels: {app: db}}")
              + apart);
    }
    cluster.awaitRunning("db-0");
    cluster.awaitRunning("db-1");
    assertThat(List.of(rackOf(nodeOf("db-0")), rackOf(nodeOf("db-1"))))
        .containsExactlyInAnyOrder("a", "b");
    assertThat(Command.run("findmnt", "-n", "-o", "TARGET", disks.getLast().device()).ok())
        .contains("/nodes/n4/");
  }
}
