package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A disk fails under a replica and is replaced, as docs/replace-a-disk.md tells it. */
class DiskReplacementIT {
  private static final long MIB = 1 << 20;
  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  @TempDir Path dir;
  private final List<LoopDisk> disks = new ArrayList<>();
  private final BerthProcess server = BerthProcess.start();
  private final Cluster cluster = new Cluster(server);

  @AfterEach
  void stop() {
    try {
      server.close();
    } finally {
      disks.forEach(LoopDisk::close);
    }
  }

  private LoopDisk volume(String name) {
    var disk = LoopDisk.make(dir.resolve(name + ".img"), 64 * MIB);
    disks.add(disk);
    cluster.create(VOLUMES, Manifest.localVolume(name, disk.device(), "64Mi"));
    return disk;
  }

  private void replica(String name) {
    cluster.create(CLAIMS, Manifest.claim(name, "64Mi"));
    cluster.create(PODS, Manifest.pod(name, name));
  }

  private String volumeOf(String claim) {
    return Json.text(cluster.claim(claim), "spec", "volumeName");
  }

  private String uid(String pod) {
    return Json.text(cluster.pod(pod), "metadata", "uid");
  }

  private static String healthy(JsonNode object) {
    for (var condition : object.path("status").path("conditions")) {
      if (Json.text(condition, "type").equals("DiskHealthy")) {
        return Json.text(condition, "status");
      }
    }
    return "never said";
  }

  @Test
  void aFailingDiskIsReplacedAndNothingElseMoves() throws IOException {
    cluster.create("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
    for (var name : List.of("db-0", "db-1")) {
      volume("disk-" + name);
      replica(name);
      cluster.awaitRunning(name);
      cluster.exec(name, "sh", "-c", "echo of-" + name + " > /data/file").ok();
    }
    var bad = disks.get(1);
    assertThat(volumeOf("db-1")).isEqualTo("disk-db-1");
    assertThat(server.berth("disks").ok()).contains("HEALTH", "CORDON").doesNotContain("failing");

    // It fails.
    Files.writeString(
        Path.of("/sys/fs/ext4", Path.of(bad.device()).getFileName().toString())
            .resolve("trigger_fs_error"),
        "an error for a test");
    assertThat(server.berth("disks").ok())
        .containsPattern(bad.device() + " .*its file system is damaged.*its disk is failing");
    assertThat(healthy(cluster.volume("disk-db-1"))).isEqualTo("False");
    assertThat(healthy(cluster.claim("db-1"))).isEqualTo("False");
    assertThat(healthy(cluster.volume("disk-db-0"))).isEqualTo("never said");
    cluster.soon(
        () ->
            assertThat(server.berth("describe", "node", "node-1").ok())
                .containsPattern("DisksHealthy +False"));
    for (var kind : List.of("PersistentVolume/disk-db-1", "PersistentVolumeClaim/db-1")) {
      var about = kind.split("/");
      cluster.soon(
          () ->
              assertThat(cluster.told(about[0], about[1]))
                  .anySatisfy(said -> assertThat(said).contains("is failing", "not offered")));
    }
    assertThat(server.call("GET", "/metrics", "", "").body())
        .containsPattern("berth_volume_disk_healthy\\{[^}]*volume=\"disk-db-1\",?\\} 0");

    // Its replica goes, with its claim; the failing disk is not given to the next one.
    var other = uid("db-0");
    server.berth("delete", "pod/db-1", "pvc/db-1").ok();
    cluster.soon(
        () -> assertThat(cluster.phase(cluster.volume("disk-db-1"))).isEqualTo("Released"));
    cluster.soon(
        () -> assertThat(Command.run("findmnt", "--noheadings", bad.device()).out()).isEmpty());
    server
        .kubectl(
            "patch",
            "pv",
            "disk-db-1",
            "--type=json",
            "-p",
            "[{\"op\":\"remove\",\"path\":\"/spec/claimRef\"}]")
        .ok();
    cluster.soon(
        () -> assertThat(cluster.phase(cluster.volume("disk-db-1"))).isEqualTo("Available"));
    replica("db-1");
    cluster.soon(
        () ->
            assertThat(cluster.conditions("db-1"))
                .anySatisfy(said -> assertThat(said).contains("cordoned", "disk-db-1")));

    // A new disk; the old volume goes with the old disk.
    volume("disk-new");
    cluster.awaitRunning("db-1");
    assertThat(volumeOf("db-1")).isEqualTo("disk-new");
    assertThat(cluster.exec("db-1", "ls", "/data").ok()).doesNotContain("file");
    server.berth("delete", "pv/disk-db-1").ok();

    assertThat(uid("db-0")).isEqualTo(other);
    assertThat(volumeOf("db-0")).isEqualTo("disk-db-0");
    assertThat(cluster.exec("db-0", "cat", "/data/file").ok()).contains("of-db-0");
    cluster.soon(
        () -> {
          server.berth("disks").ok();
          assertThat(server.berth("describe", "node", "node-1").ok())
              .containsPattern("DisksHealthy +True");
        });

    leaves();
  }

  /** What a node has put on a host can be taken away again, without the data. */
  private void leaves() {
    var cleanup = new String[] {"node", "cleanup", "--data-dir", server.dataDir().toString()};
    var refused = server.berth(cleanup);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("held by process", "stop the server");
    server.kill();
    var root = server.dataDir().resolve("node");
    assertThat(
            server
                .berth("node", "cleanup", "--dry-run", "--data-dir", server.dataDir().toString())
                .ok())
        .contains("would unmount", "nothing was changed");
    assertThat(Cluster.mountsBelow(root)).isNotEmpty();
    assertThat(server.berth(cleanup).ok()).contains("ending container", "unmounting", "removing");
    assertThat(Cluster.mountsBelow(root)).isEmpty();
    assertThat(root).doesNotExist();
    assertThat(server.berth(cleanup).ok()).contains("nothing to take away");
  }
}
