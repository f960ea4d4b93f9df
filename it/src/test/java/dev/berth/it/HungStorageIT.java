package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.HungStorage;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Storage that hangs in the kernel delays its own pods only: not others, not the end of the server,
 * not its next start.
 */
class HungStorageIT {
  private static final long BYTES = 64 << 20;
  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  @TempDir Path dir;
  private final BerthProcess server = BerthProcess.prepare();
  private final Cluster cluster = new Cluster(server);
  private final List<LoopDisk> disks = new ArrayList<>();
  private HungStorage hung;

  @BeforeEach
  void makeStorage() {
    hung = new HungStorage(dir);
  }

  @AfterEach
  void stop() {
    try {
      hung.close();
    } finally {
      try {
        server.close();
      } finally {
        disks.forEach(LoopDisk::close);
      }
    }
  }

  private void want(String name, String path) {
    cluster.create(VOLUMES, Manifest.localVolume(name, path, "64Mi"));
    var claim = Manifest.claim(name, "64Mi");
    cluster.create(
        CLAIMS, claim.replace("\"spec\":{", "\"spec\":{\"volumeName\":\"%s\",".formatted(name)));
    cluster.create(PODS, Manifest.pod(name, name));
  }

  private void wantHostPath(String name, Path path) {
    cluster.create(
        PODS,
        Manifest.pod(name, name)
            .replace(
                "\"persistentVolumeClaim\":{\"claimName\":\"%s\"}".formatted(name),
                "\"hostPath\":{\"path\":\"%s\"}".formatted(path)));
  }

  private void runs(String name) {
    cluster.soon(
        () ->
            assertThat(cluster.phase(cluster.pod(name)))
                .as("phase of pod %s; told: %s", name, cluster.told("Pod", name))
                .isEqualTo("Running"));
  }

  /** A pod that has nothing to do with what hangs starts as ever. */
  private void healthy(String name) {
    var disk = LoopDisk.make(dir.resolve(name + ".img"), BYTES);
    disks.add(disk);
    want(name, disk.device());
    runs(name);
  }

  private void waits(String name, String why) {
    cluster.soon(
        () ->
            assertThat(cluster.conditions(name))
                .as("conditions of pod %s", name)
                .anySatisfy(message -> assertThat(message).contains(why)));
    assertThat(cluster.phase(cluster.pod(name))).isEqualTo("Pending");
  }

  @Test
  void whatHangsDelaysItsOwnPodsOnly() {
    server.launch();
    server.awaitReady();
    cluster.create("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
    var silent = hung.silentDirectories(2);
    var blank = hung.disk(BYTES);
    var made = hung.disk(BYTES);
    Command.run("mkfs.ext4", "-q", made.device()).ok();
    want("was-running", hung.disk(BYTES).device());
    runs("was-running");
    hung.freeze();

    server.call("DELETE", PODS + "/was-running", "", "");
    want("directory", silent.get(0).toString());
    wantHostPath("host-path", silent.get(1));
    want("blank", blank.device());
    want("made", made.device());
    healthy("first");
    for (var name : List.of("directory", "host-path", "blank", "made")) {
      waits(name, "no answer");
    }

    assertThat(server.stop()).isZero();
    server.launch();
    server.awaitReady();
    healthy("second");
    server.kill();
    server.launch();
    server.awaitReady();
    healthy("third");
    server.kill();

    hung.thaw();
    hung.breakOff();
    server.launch();
    server.awaitReady();
    runs("blank");
    runs("made");
    for (var name : List.of("first", "second", "third", "blank", "made", "directory")) {
      cluster.remove(PODS + "/" + name);
      cluster.remove(CLAIMS + "/" + name);
      cluster.remove(VOLUMES + "/" + name);
    }
    cluster.remove(PODS + "/host-path");
    cluster.soon(
        () -> assertThat(server.call("GET", PODS + "/was-running", "", "").code()).isEqualTo(404));
    cluster.soon(() -> assertThat(Cluster.mountsBelow(server.dataDir())).isEmpty());
  }
}
