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
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What becomes of disks whose claims are deleted, and of disks that were refused. */
class ReclaimIT {
  private static final int MIB = 1 << 20;
  private static final String CANARY = "the canary of the deleted claim ";

  private static String storageClass(String annotations) {
    return """
        {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass",
         "metadata":{"name":"local-storage","annotations":{%s}},
         "provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}
        """
        .formatted(annotations);
  }

  private static String volume(String name, LoopDisk disk, String size, String policy) {
    return Manifest.localVolume(name, disk.device(), size).replace("Retain", policy);
  }

  private static void create(BerthProcess server, String... manifests) {
    for (var manifest : manifests) {
      server.berthReading(manifest, "create", "-f", "-").ok();
    }
  }

  /** A file that fills a good part of the disk. */
  private static Path writeCanaries(Cluster cluster, String pod, String volume) throws IOException {
    var file = cluster.mountPoint(pod, volume).resolve("canaries");
    Files.writeString(file, CANARY.repeat(20 * MIB / CANARY.length()));
    Command.run("sync", "-f", file.toString()).ok();
    return file;
  }

  private static boolean holdsCanary(LoopDisk disk) {
    return Command.run("grep", "-qaF", CANARY, disk.image().toString()).code() == 0;
  }

  private static void assertAllZero(LoopDisk disk) throws IOException {
    var zeros = new byte[MIB];
    try (var in = Files.newInputStream(Path.of(disk.device()))) {
      var read = 0L;
      for (var piece = in.readNBytes(MIB); piece.length > 0; piece = in.readNBytes(MIB)) {
        assertThat(Arrays.mismatch(piece, 0, piece.length, zeros, 0, piece.length))
            .as("first byte that is not zero after byte " + read)
            .isEqualTo(-1);
        read += piece.length;
      }
      assertThat(read).isEqualTo(Files.size(disk.image()));
    }
  }

  @Test
  void aClaimThatWasDeletedByMistakeIsHadBackAndOneThatWasNotIsWiped() throws IOException {
    try (var server = BerthProcess.start();
        var disk = LoopDisk.make(server.dir().resolve("disk"), 64 * MIB)) {
      var cluster = new Cluster(server);
      create(
          server,
          storageClass("\"berth.dev/keep-deleted-for\":\"24h\""),
          volume("kept", disk, "60Mi", "Delete"),
          Manifest.claim("data", "60Mi"),
          Manifest.pod("keeper", "data"));
      cluster.awaitRunning("keeper");
      writeCanaries(cluster, "keeper", "kept");
      server.berth("delete", "pod/keeper", "pvc/data").ok();
      cluster.awaitPhase("pv/kept", "Released");
      server.kill();
      server.restart();
      assertThat(cluster.volume("kept").at("/status/message").asString())
          .contains("the data of the deleted claim default/data is kept until")
          .contains("berth undelete pv/kept");
      assertThat(holdsCanary(disk)).isTrue();

      assertThat(server.berth("undelete", "pv/kept").ok())
          .isEqualTo("persistentvolume/kept given back to claim default/data\n");
      create(server, Manifest.claim("data", "60Mi"), Manifest.pod("keeper", "data"));
      cluster.awaitRunning("keeper");
      assertThat(server.kubectl("exec", "keeper", "--", "head", "-c32", "/data/canaries").ok())
          .isEqualTo(CANARY);
      assertThat(server.berth("undelete", "pv/kept").err()).contains("it is Bound");

      server.berth("delete", "pod/keeper", "pvc/data").ok();
      cluster.awaitPhase("pv/kept", "Released");
      server.kubectl("annotate", "--overwrite", "pv", "kept", "berth.dev/keep-deleted-for=0").ok();
      cluster.awaitPhase("pv/kept", "Available");
      assertAllZero(disk);
      assertThat(server.berth("undelete", "pv/kept").code()).isEqualTo(1);

      create(server, Manifest.claim("next", "60Mi"), Manifest.pod("next", "next"));
      cluster.awaitRunning("next");
      assertThat(cluster.mountPoint("next", "kept").resolve("canaries")).doesNotExist();
      server.berth("delete", "pod/next", "pvc/next").ok();
      cluster.awaitPhase("pv/kept", "Released");
    }
  }

  @Test
  void aWipeThatIsKilledGoesOnWhereItWas() throws IOException {
    var config = Files.createTempFile("berth-reclaim-", ".yaml");
    Files.writeString(config, "wipeBytesPerSecond: " + 6 * MIB + "\n");
    try (var server = BerthProcess.start("--config", config.toString());
        var disk = LoopDisk.make(server.dir().resolve("disk"), 96 * MIB)) {
      var cluster = new Cluster(server);
      create(
          server,
          storageClass(""),
          volume("wiped", disk, "90Mi", "Delete"),
          Manifest.claim("data", "90Mi"),
          Manifest.pod("keeper", "data"));
      cluster.awaitRunning("keeper");
      writeCanaries(cluster, "keeper", "wiped");
      server.berth("delete", "pod/keeper", "pvc/data").ok();
      cluster.soon(
          () ->
              assertThat(annotation(cluster, "wipe-progress"))
                  .matches("\\d+% \\(zero: \\d+ of " + 96 * MIB + " bytes\\)"));
      server.kill();
      var synced = syncedPosition(server);
      assertThat(synced).isBetween((long) MIB, 95L * MIB);

      server.restart();
      cluster.soon(() -> assertThat(wipedBytes(server)).isNotNegative());
      assertThat(wipedBytes(server)).isGreaterThanOrEqualTo(synced);
      assertThat(cluster.phase(cluster.volume("wiped"))).isEqualTo("Released");
      cluster.awaitPhase("pv/wiped", "Available");
      assertAllZero(disk);
      assertThat(annotation(cluster, "wipe-progress")).isEmpty();
      assertThat(annotation(cluster, "wipe")).startsWith("done/");
    } finally {
      Files.delete(config);
    }
  }

  private static String annotation(Cluster cluster, String name) {
    return Json.text(cluster.volume("wiped"), "metadata", "annotations", "berth.dev/" + name);
  }

  /** What the node's own journal says. */
  private static long syncedPosition(BerthProcess server) throws IOException {
    var journal = server.dataDir().resolve("node/disk-journal");
    try (var files = Files.newDirectoryStream(journal, "wipe-*.json")) {
      for (var file : files) {
        return Json.parseObject(Files.readAllBytes(file)).path("wipedBytes").asLong();
      }
    }
    return -1;
  }

  /** What the metric says, -1 while it says nothing. */
  private static long wipedBytes(BerthProcess server) {
    var line =
        Pattern.compile("berth_volume_wipe_bytes\\{[^}]*part=\"done\"[^}]*} (\\S+)")
            .matcher(server.call("GET", "/metrics", "", "").body());
    return line.find() ? (long) Double.parseDouble(line.group(1)) : -1;
  }

  @Test
  void aRefusedDiskIsFormattedOnTheWordThatNamesItAndNoOther() throws IOException {
    try (var server = BerthProcess.start();
        var wanted = LoopDisk.make(server.dir().resolve("wanted"), 64 * MIB);
        var other = LoopDisk.make(server.dir().resolve("other"), 65 * MIB)) {
      for (var disk : new LoopDisk[] {wanted, other}) {
        Command.run("mkfs.ext2", "-q", disk.device()).ok();
      }
      var before = Command.run("sha256sum", other.image().toString()).ok();
      var cluster = new Cluster(server);
      create(
          server,
          storageClass(""),
          volume("wanted", wanted, "60Mi", "Retain"),
          Manifest.claim("data", "60Mi"),
          Manifest.pod("keeper", "data"));
      var line = Pattern.compile("kubectl (annotate pv wanted berth\\.dev/format-anyway=\\w+)");
      cluster.soon(() -> assertThat(server.berth("events").out()).containsPattern(line));
      create(
          server,
          volume("other", other, "61Mi", "Retain")
              .replace(
                  "\"name\":\"other\"",
                  "\"name\":\"other\",\"annotations\":{\"berth.dev/format-anyway\":\"%d\"}"
                      .formatted(64 * MIB)),
          Manifest.claim("more", "61Mi"),
          Manifest.pod("waiter", "more"));
      cluster.soon(
          () ->
              assertThat(server.berth("events").out())
                  .contains("does not name this disk")
                  .contains("--overwrite pv other berth.dev/format-anyway=" + 65 * MIB + "_"));

      var found = line.matcher(server.berth("events").out());
      assertThat(found.find()).isTrue();
      server.kubectl(found.group(1).split(" ")).ok();
      cluster.awaitRunning("keeper");
      var annotations = cluster.volume("wanted").at("/metadata/annotations");
      assertThat(annotations.propertyNames())
          .contains("berth.dev/fs-uuid")
          .doesNotContain("berth.dev/format-anyway");
      assertThat(Command.run("sha256sum", other.image().toString()).ok()).isEqualTo(before);
      server.berth("delete", "pod/keeper", "pod/waiter").ok();
    }
  }
}
