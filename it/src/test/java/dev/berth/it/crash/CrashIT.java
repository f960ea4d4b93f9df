package dev.berth.it.crash;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** SIGKILL at random moments under load, and the power cut at random moments. */
class CrashIT {
  private static final int KILLS = 20;
  private static final int CUTS = 20;
  private static final int CLIENTS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final long seed = Long.getLong("berth.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void killedAtRandomMomentsNothingAcknowledgedIsLost() throws Exception {
    try (var server = BerthProcess.start();
        var disk = LoopDisk.make(server.dir().resolve("disk"), 256 << 20)) {
      var data = podWithData(server, disk);
      var checksum = checksum(data);
      var mount = mountLine(data);
      var process = podProcess(server);
      try (var load = new Workload(server.socket(), CLIENTS)) {
        for (var kill = 1; kill <= KILLS; kill++) {
          var enough = load.acknowledged() + 1 + random.nextInt(200);
          await("load before kill " + kill + " of seed " + seed)
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(1))
              .until(() -> load.acknowledged() >= enough);
          var there = load.there();
          var counted = load.counted();
          server.kill();
          var store = StoreOnDisk.read(server.dataDir().resolve("store"));
          store.assertHolds(still(there, load), counted);
          store.assertNoHalfBinding();
          assertThat(checksum(data)).as("the data, seed " + seed).isEqualTo(checksum);
          assertThat(mountLine(data)).as("the mount, seed " + seed).isEqualTo(mount);
          server.launch();
          server.awaitReady();
        }
      }
      assertThat(podProcess(server)).as("the pod's process").isEqualTo(process);
      assertThat(checksum(data)).isEqualTo(checksum);
      remove(server);
    }
  }

  /** What was acknowledged before, less what somebody has asked to delete since. */
  private static Set<String> still(Set<String> before, Workload load) {
    var result = new HashSet<>(before);
    result.retainAll(load.there());
    return result;
  }

  @Test
  void thePowerCutAtRandomMomentsLosesNothingAcknowledged() throws Exception {
    var server = BerthProcess.prepare();
    try (var disk = new CuttableDisk(server.dir(), server.dataDir())) {
      server.launch();
      server.awaitReady();
      try (var load = new Workload(server.socket(), CLIENTS)) {
        for (var cut = 1; cut <= CUTS; cut++) {
          var enough = load.acknowledged() + 1 + random.nextInt(200);
          await("load before cut " + cut + " of seed " + seed)
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(1))
              .until(() -> load.acknowledged() >= enough);
          var there = load.there();
          var counted = load.counted();
          try (var after = disk.cut()) {
            var store = StoreOnDisk.read(after.directory().resolve("store"));
            store.assertHolds(still(there, load), counted);
            store.assertNoHalfBinding();
          }
        }
      }
      assertThat(server.stop()).isZero();
    } finally {
      server.discard();
    }
  }

  private static Path podWithData(BerthProcess server, LoopDisk disk) throws IOException {
    create(server, "/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
    create(
        server, "/api/v1/persistentvolumes", Manifest.localVolume("disk", disk.device(), "200Mi"));
    create(
        server,
        "/api/v1/namespaces/default/persistentvolumeclaims",
        Manifest.claim("data", "200Mi"));
    create(server, "/api/v1/namespaces/default/pods", Manifest.pod("keeper", "data"));
    await("the pod")
        .atMost(PATIENCE)
        .until(() -> status(server, "keeper", "phase").equals("Running"));
    var uid =
        server
            .object("/api/v1/namespaces/default/pods/keeper")
            .path("metadata")
            .path("uid")
            .asString();
    var mount =
        server.dataDir().resolve("node/pods/" + uid + "/volumes/kubernetes.io~local-volume/disk");
    var file = mount.resolve("data");
    var content = new byte[8 << 20];
    new Random(1).nextBytes(content);
    Files.write(file, content);
    Command.run("sync", "-f", file.toString()).ok();
    return file;
  }

  private static void create(BerthProcess server, String target, String body) {
    assertThat(server.call("POST", target, "application/json", body))
        .satisfies(reply -> assertThat(reply.code()).as(reply.body()).isEqualTo(201));
  }

  private static String status(BerthProcess server, String pod, String field) {
    var object = server.object("/api/v1/namespaces/default/pods/" + pod);
    return object.path("status").path(field).asString("");
  }

  private static String podProcess(BerthProcess server) {
    return server.kubectl("exec", "keeper", "--", "cat", "/proc/1/stat").ok().split(" ")[21];
  }

  private static String mountLine(Path file) throws IOException {
    var directory = requireNonNull(file.getParent()).toString();
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.split(" ")[4].equals(directory))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing is mounted at " + directory));
  }

  private static String checksum(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void remove(BerthProcess server) {
    server.kubectl("delete", "pod/keeper", "pvc/data", "pv/disk", "--timeout=60s").ok();
  }
}
