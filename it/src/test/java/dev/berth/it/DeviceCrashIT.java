package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server is killed while a disk is being formatted, or wiped. */
class DeviceCrashIT {
  private static final long BYTES = 64 << 20;
  private static final String VOLUME = "/api/v1/persistentvolumes/pv";
  private static final String CLAIM = "/api/v1/namespaces/default/persistentvolumeclaims/data";
  private static final String POD = "/api/v1/namespaces/default/pods/runs";
  private static final Path MKFS = Path.of("/usr/sbin/mkfs.ext4");
  private static final Path ZERO = Path.of("/usr/sbin/blkdiscard");

  @TempDir Path dir;
  private final BerthProcess server = BerthProcess.prepare();
  private final Cluster cluster = new Cluster(server);
  private LoopDisk disk;

  @BeforeEach
  void makeDisk() {
    disk = LoopDisk.make(dir.resolve("disk.img"), BYTES);
  }

  @AfterEach
  void stop() {
    try {
      server.close();
    } finally {
      disk.close();
    }
  }

  /**
   * A program that notes its calls. At the first it does {@code harm} to the disk and stays, until
   * it is killed; later calls do what the real one does.
   */
  private Path stuck(Path real, String harm) throws IOException {
    var copy = Files.createDirectories(dir.resolve("real")).resolve(real.getFileName());
    Files.copy(real, copy);
    var script =
        Files.writeString(
            dir.resolve("stuck"),
            """
            #!/bin/sh
            echo call >> %1$s/calls
            if [ $(wc -l < %1$s/calls) = 1 ]; then
              %2$s
              echo $$ > %1$s/pid.new && mv %1$s/pid.new %1$s/pid
              exec sleep 600
            fi
            exec %3$s "$@"
            """
                .formatted(dir, harm, copy));
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(dir.resolve("calls"));
  }

  /** Kills the server in the middle, and what it had started with it. */
  private void killInTheMiddle() throws IOException {
    cluster.soon(() -> assertThat(dir.resolve("pid")).exists());
    server.kill();
    var stuck = Files.readString(dir.resolve("pid")).strip();
    Command.run("kill", "-9", stuck).ok();
  }

  private void create(String reclaimPolicy) {
    cluster.create("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
    cluster.create(
        "/api/v1/persistentvolumes",
        Manifest.localVolume("pv", disk.device(), "64Mi").replace("Retain", reclaimPolicy));
    want();
  }

  private void want() {
    cluster.create(
        "/api/v1/namespaces/default/persistentvolumeclaims", Manifest.claim("data", "64Mi"));
    cluster.create("/api/v1/namespaces/default/pods", Manifest.pod("runs", "data"));
  }

  private void runs() {
    cluster.soon(
        () ->
            assertThat(cluster.phase(cluster.pod("runs")))
                .as("told: %s", cluster.told("Pod", "runs"))
                .isEqualTo("Running"));
  }

  private void isVolume(String phase) {
    cluster.soon(
        () ->
            assertThat(cluster.phase(cluster.volume("pv")))
                .as("told: %s", cluster.told("PersistentVolume", "pv"))
                .isEqualTo(phase));
  }

  private void isZero() {
    Command.run("cmp", "-n", Long.toString(BYTES), disk.device(), "/dev/zero").ok();
  }

  @Test
  void aFormatThatWasKilledIsDoneAgainAndOnlyThen() throws IOException {
    var debris = "dd if=/dev/urandom of=%s bs=64K count=4 conv=fsync".formatted(disk.device());
    var mkfs = stuck(MKFS, debris).toString();
    server.startWith(mkfs, MKFS);
    create("Retain");
    killInTheMiddle();

    server.startWith(mkfs, MKFS);
    runs();
    assertThat(calls()).hasSize(2);
    var uuid = Command.run("blkid", "-p", "-s", "UUID", "-o", "value", disk.device()).ok().strip();
    assertThat(uuid).isEqualTo(cluster.volume("pv").at("/metadata/uid").asString());
    Files.writeString(ofServer(cluster.mountPoint("runs", "pv")).resolve("file"), "kept");
    cluster.remove(POD);

    server.kill();
    server.startWith(mkfs, MKFS);
    cluster.create("/api/v1/namespaces/default/pods", Manifest.pod("runs", "data"));
    runs();
    assertThat(ofServer(cluster.mountPoint("runs", "pv")).resolve("file")).hasContent("kept");
    assertThat(calls()).as("a disk with data is never formatted").hasSize(2);
    cluster.remove(POD);
    cluster.remove(CLAIM);
    cluster.remove(VOLUME);
  }

  /** A path as the server sees it among its own mounts. */
  private Path ofServer(Path path) {
    return Path.of("/proc/" + server.pid() + "/root" + path);
  }

  @Test
  void aReleasedDiskIsZeroFromEndToEndBeforeAnybodyGetsIt() throws IOException {
    server.launch();
    server.awaitReady();
    create("Delete");
    runs();
    Files.writeString(cluster.mountPoint("runs", "pv").resolve("secret"), "of the first claim");
    cluster.remove(POD);
    cluster.remove(CLAIM);
    isVolume("Available");
    isZero();
    assertThat(cluster.volume("pv").at("/metadata/annotations").has("berth.dev/fs-uuid")).isFalse();

    want();
    runs();
    assertThat(cluster.mountPoint("runs", "pv").resolve("secret")).doesNotExist();
    cluster.remove(POD);
    cluster.remove(CLAIM);
    isVolume("Available");
    cluster.remove(VOLUME);
  }

  @Test
  void aWipeThatWasKilledGoesOnAndNobodyGetsTheDiskBefore() throws IOException {
    var zero = stuck(ZERO, "dd if=/dev/zero of=%s bs=1M count=1".formatted(disk.device()));
    server.startWith(zero.toString(), ZERO);
    create("Delete");
    runs();
    Files.writeString(
        ofServer(cluster.mountPoint("runs", "pv")).resolve("secret"), "of the first claim");
    cluster.remove(POD);
    cluster.remove(CLAIM);
    cluster.soon(() -> assertThat(dir.resolve("pid")).exists());
    assertThat(cluster.phase(cluster.volume("pv"))).isEqualTo("Released");
    assertThat(cluster.volume("pv").at("/status/message").asString()).contains(disk.device());
    killInTheMiddle();

    server.startWith(zero.toString(), ZERO);
    isVolume("Available");
    isZero();
    assertThat(calls()).hasSizeGreaterThan(1);
    want();
    runs();
    cluster.remove(POD);
    cluster.remove(CLAIM);
    isVolume("Available");
    cluster.remove(VOLUME);
  }
}
