package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server does when the disk of its store is full, or the store is not its own to open. */
class StoreFaultIT {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final Duration SOON = Duration.ofSeconds(30);

  /** More than the store leaves free and reserves, and little enough to fill at once. */
  private static final long DISK_BYTES = 192L << 20;

  @TempDir Path dir;

  private final BerthProcess server = BerthProcess.prepare();
  private final Set<String> acknowledged = new LinkedHashSet<>();
  private int claims;

  @AfterEach
  void end() {
    try {
      if (mounted()) {
        Command.run("umount", "-l", server.dataDir().toString());
      }
    } finally {
      server.discard();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4"})
  void aFullDiskRefusesWritesServesReadsAndHealsByItself(String fileSystem) throws IOException {
    mount(fileSystem);
    server.launch();
    server.awaitReady();
    assertThat(createClaim()).isEqualTo(201);

    var ballast = server.dataDir().resolve("ballast");
    fillWhileWriting(ballast);
    assertThat(acknowledged).isNotEmpty();
    refusesWritesAndServesReads();

    // Killed while the disk is full, it starts again and serves what it had.
    server.kill();
    server.launch();
    soonAnswers();
    refusesWritesAndServesReads();

    Files.delete(ballast);
    await().atMost(SOON).until(() -> createClaim() == 201);
    server.awaitReady();
    assertThat(stored()).isEqualTo(new TreeSet<>(acknowledged));
    server.restart();
    assertThat(stored()).isEqualTo(new TreeSet<>(acknowledged));
    assertThat(server.stop()).isZero();
  }

  @Test
  void aStoreOfANewerFormatIsRefusedAndLeftAsItIs() throws IOException {
    server.launch();
    server.awaitReady();
    assertThat(createClaim()).isEqualTo(201);
    server.stop();
    var format = server.dataDir().resolve("store/format");
    var ours = Files.readString(format);
    Files.writeString(format, "99\n");

    server.launch();
    assertThat(server.awaitExit()).isEqualTo(3);
    assertThat(server.log()).contains(server.dataDir() + "/store").contains("99").contains("newer");

    Files.writeString(format, ours);
    server.launch();
    server.awaitReady();
    assertThat(stored()).isEqualTo(new TreeSet<>(acknowledged));
  }

  @Test
  void aDataDirectoryThatCannotBeWrittenIsNamedWithItsSetting() throws IOException {
    mount("tmpfs");
    Command.run("mount", "-o", "remount,ro", server.dataDir().toString()).ok();
    server.launch();
    assertThat(server.awaitExit()).isEqualTo(2);
    assertThat(server.log()).contains("setting dataDir: cannot use " + server.dataDir());
  }

  private void refusesWritesAndServesReads() {
    var refused = server.call("POST", CLAIMS, "application/yaml", claim("refused"));
    assertThat(refused.code()).isEqualTo(503);
    assertThat(refused.body())
        .contains("\"kind\":\"Status\"")
        .contains("\"reason\":\"ServiceUnavailable\"")
        .contains("is full")
        .contains("until space is freed");
    assertThat(server.kubectlReading(claim("refused"), "create", "-f", "-").failed())
        .contains("is full");
    assertThat(stored()).isEqualTo(new TreeSet<>(acknowledged));
    assertThat(server.kubectl("get", "pvc").ok()).contains("claim-0");
    assertThat(server.call("GET", "/livez", "", "").code()).isEqualTo(200);
    var ready = server.call("GET", "/readyz", "", "");
    assertThat(ready.code()).isEqualTo(503);
    assertThat(ready.body()).contains("nothing can be written").contains("free space");
  }

  /** Fills the disk to the last byte while claims are created, and stops at the first refusal. */
  private void fillWhileWriting(Path ballast) throws IOException {
    var filling =
        new ProcessBuilder("dd", "if=/dev/zero", "of=" + ballast, "bs=1M")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> createClaim() != 201);
      await().atMost(SOON).until(() -> !filling.isAlive());
    } finally {
      filling.destroyForcibly();
    }
  }

  private void soonAnswers() {
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> server.call("GET", CLAIMS, "", "").code() == 200);
  }

  private int createClaim() {
    var name = "claim-" + claims++;
    var reply = server.call("POST", CLAIMS, "application/yaml", claim(name));
    if (reply.code() == 201) {
      acknowledged.add(name);
    }
    return reply.code();
  }

  private Set<String> stored() {
    var names = new TreeSet<String>();
    for (var item : server.object(CLAIMS).path("items")) {
      names.add(item.at("/metadata/name").asString());
    }
    return names;
  }

  private static String claim(String name) {
    return Cluster.claim(name, "1Gi", "manual");
  }

  private void mount(String fileSystem) throws IOException {
    Files.createDirectories(server.dataDir());
    var at = server.dataDir().toString();
    if (fileSystem.equals("tmpfs")) {
      Command.run("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "berth-it", at).ok();
      return;
    }
    var image = dir.resolve("disk.img");
    Command.run("truncate", "-s", Long.toString(DISK_BYTES), image.toString()).ok();
    Command.run("mkfs.ext4", "-q", image.toString()).ok();
    Command.run("mount", "-o", "loop", image.toString(), at).ok();
  }

  private boolean mounted() {
    return !Cluster.mountsBelow(server.dataDir()).isEmpty();
  }
}
