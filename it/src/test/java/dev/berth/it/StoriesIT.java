package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stories of users, walked as they are told: kubectl, real disks, a real process. */
class StoriesIT {
  private static final long GIB = 1L << 30;

  private final Path dir;
  private final BerthProcess server;
  private final Cluster cluster;

  StoriesIT(@TempDir Path dir) throws IOException {
    this.dir = dir;
    var config = Files.writeString(dir.resolve("berth.yaml"), "imageAliases: {nginx: host}\n");
    server = BerthProcess.start("--config", config.toString());
    cluster = new Cluster(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void s2TheLateVolumeBindsAtOnceAndThePodGoesOn() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.claim("late", "500Mi", "local-storage"),
          Cluster.pod("waits", "late"));
      cluster.soon(
          () ->
              assertThat(cluster.events())
                  .contains("FailedScheduling")
                  .contains("didn't find available persistent volumes to bind"));
      assertThat(cluster.phase(cluster.pod("waits"))).isEqualTo("Pending");

      cluster.apply(Cluster.localVolume("pv", disk.device(), "1Gi", "Retain", "node-1"));
      cluster.awaitRunning("waits");
      assertThat(cluster.claim("late").at("/spec/volumeName").asString()).isEqualTo("pv");
      remove("pod/waits", "pvc/late", "pv/pv");
    }
  }

  @Test
  void s5ARawDiskIsFormattedMountedAndKeepsItsFilesFromPodToPod() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("example-pv", disk.device(), "1Gi", "Retain", "node-1"),
          Cluster.claim("example-local-claim", "1Gi", "local-storage"));
      cluster.awaitPhase("pv/example-pv", "Available");
      cluster.soon(() -> assertThat(cluster.events()).contains("WaitForFirstConsumer"));
      assertThat(cluster.phase(cluster.claim("example-local-claim"))).isEqualTo("Pending");

      cluster.apply(Cluster.pod("example-pv-pod", "example-local-claim"));
      cluster.awaitRunning("example-pv-pod");
      assertThat(cluster.phase(cluster.claim("example-local-claim"))).isEqualTo("Bound");
      var mount = cluster.mountPoint("example-pv-pod", "example-pv");
      assertThat(Command.run("findmnt", "-n", "-o", "SOURCE,FSTYPE", mount.toString()).ok())
          .containsPattern(disk.device() + "\\s+ext4");
      var uuid = Command.run("blkid", "-p", "-s", "UUID", "-o", "value", disk.device()).ok();
      assertThat(uuid.strip())
          .isEqualTo(cluster.volume("example-pv").at("/metadata/uid").asString());

      assertThat(server.berth("disks").ok().lines())
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains(
                          disk.device(), uuid.strip(), "volume example-pv of claim default/"));

      cluster.exec("example-pv-pod", "touch", "/usr/share/nginx/html/test.txt").ok();
      assertThat(mount.resolve("test.txt")).exists();
      server.kubectl("delete", "pod", "example-pv-pod").ok();
      assertThat(Cluster.mountsBelow(server.dataDir().resolve("node/pods"))).isEmpty();
      cluster.apply(Cluster.pod("example-pv-pod", "example-local-claim"));
      cluster.awaitRunning("example-pv-pod");
      cluster.exec("example-pv-pod", "ls", "/usr/share/nginx/html/test.txt").ok();
      remove("pod/example-pv-pod", "pvc/example-local-claim", "pv/example-pv");
    }
  }

  @Test
  void s5AMountedDirectoryServesTheSameWay() throws IOException {
    var disks = Files.createDirectories(dir.resolve("mnt/disks/vol1"));
    Command.run("mount", "-t", "tmpfs", "vol1", disks.toString()).ok();
    try {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("example-pv", disks.toString(), "5Gi", "Delete", "node-1")
              .replace(", fsType: ext4", ""),
          Cluster.claim("example-local-claim", "5Gi", "local-storage"),
          Cluster.pod("example-pv-pod", "example-local-claim"));
      cluster.awaitRunning("example-pv-pod");
      cluster.exec("example-pv-pod", "touch", "/usr/share/nginx/html/test.txt").ok();
      assertThat(disks.resolve("test.txt")).exists();
      server.kubectl("delete", "pod", "example-pv-pod").ok();
      cluster.apply(Cluster.pod("example-pv-pod", "example-local-claim"));
      cluster.awaitRunning("example-pv-pod");
      cluster.exec("example-pv-pod", "ls", "/usr/share/nginx/html/test.txt").ok();
      server.kubectl("delete", "pod", "example-pv-pod").ok();
      server.kubectl("delete", "pvc", "example-local-claim").ok();
      cluster.awaitPhase("pv/example-pv", "Available");
      assertThat(disks).as("a released volume of policy Delete is wiped").isEmptyDirectory();
      server.kubectl("delete", "pv", "example-pv").ok();
    } finally {
      Command.run("umount", "-l", disks.toString());
    }
  }

  @Test
  void theServerIsKilledAndThePodDoesNotNotice() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("pv", disk.device(), "1Gi", "Retain", "node-1"),
          Cluster.claim("data", "1Gi", "local-storage"),
          Cluster.pod("runs", "data"));
      cluster.awaitRunning("runs");
      var pid = cluster.pid("runs", "sleep");
      var pods = server.dataDir().resolve("node/pods");
      var mounts = Cluster.mountsBelow(pods);
      assertThat(mounts).hasSize(1);

      server.kill();
      server.launch();
      server.awaitReady();
      cluster.awaitRunning("runs");
      assertThat(cluster.pid("runs", "sleep")).isEqualTo(pid);
      assertThat(Cluster.mountsBelow(pods)).isEqualTo(mounts);
      assertThat(cluster.pod("runs").at("/status/containerStatuses/0/restartCount").asInt(-1))
          .isZero();
      cluster.exec("runs", "true").ok();

      // A stop in order leaves the pod as it is, too.
      server.restart();
      assertThat(cluster.pid("runs", "sleep")).isEqualTo(pid);
      remove("pod/runs", "pvc/data", "pv/pv");
    }
  }

  @Test
  void s8DeletedInAnotherOrderEachWaitsForTheNext() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("pv", disk.device(), "1Gi", "Retain", "node-1"),
          Cluster.claim("data", "1Gi", "local-storage"),
          Cluster.pod("runs", "data"));
      cluster.awaitRunning("runs");
      server.kubectl("delete", "pv/pv", "--wait=false").ok();
      server.kubectl("delete", "pvc/data", "--wait=false").ok();
      assertThat(server.kubectl("get", "pv", "pv").ok()).contains("Terminating");
      assertThat(server.kubectl("get", "pvc", "data").ok()).contains("Terminating");
      assertThat(cluster.claim("data").at("/metadata/finalizers").toString())
          .contains("kubernetes.io/pvc-protection");
      cluster.exec("runs", "touch", "/usr/share/nginx/html/still-there").ok();

      server.kubectl("delete", "pod/runs").ok();
      server.kubectl("wait", "--for=delete", "pvc/data", "pv/pv", "--timeout=20s").ok();
    }
  }

  @Test
  void s8AReleasedVolumeIsAvailableAgainWithOneCall() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("pv", disk.device(), "1Gi", "Retain", "node-1"),
          Cluster.claim("first", "1Gi", "local-storage"),
          Cluster.pod("runs", "first"));
      cluster.awaitRunning("runs");
      remove("pod/runs", "pvc/first");
      cluster.awaitPhase("pv/pv", "Released");
      server
          .kubectl("patch", "pv", "pv", "--type=merge", "-p", "{\"spec\":{\"claimRef\":null}}")
          .ok();
      cluster.awaitPhase("pv/pv", "Available");
      remove("pv/pv");
    }
  }

  @Test
  void aDiskThatCarriesSomethingIsRefusedByNameAndNotTouched() {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), GIB)) {
      Command.run("mkfs.xfs", "-q", disk.device()).ok();
      var before = Command.run("sha256sum", disk.image().toString()).ok();
      cluster.apply(
          Cluster.LOCAL_STORAGE,
          Cluster.localVolume("pv", disk.device(), "1Gi", "Retain", "node-1"),
          Cluster.claim("data", "1Gi", "local-storage"),
          Cluster.pod("refused", "data"));
      cluster.soon(() -> assertThat(cluster.events()).contains(disk.device()).contains("xfs"));
      assertThat(cluster.phase(cluster.pod("refused"))).isEqualTo("Pending");
      assertThat(Command.run("sha256sum", disk.image().toString()).ok()).isEqualTo(before);
      remove("pod/refused", "pvc/data", "pv/pv");
    }
  }

  private void remove(String... objects) {
    for (var object : objects) {
      server.kubectl("delete", object, "--timeout=30s").ok();
    }
  }
}
