package dev.berth.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.node.disk.LoopDisks;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods on local block devices: real loop disks, real file systems; containers only in name. */
class LocalDiskPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  static void eventually(org.awaitility.core.ThrowingRunnable check) {
    await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofSeconds(20)).untilAsserted(check);
  }

  @Test
  void aBlankDiskIsFormattedOnceAndKeepsItsData() throws Exception {
    var disk = disks.disk(64 * MIB);
    var volume = world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");

    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    var uuid = world.volume("pv-1").metadata().annotations().get("berth.dev/fs-uuid");
    assertThat(uuid).isEqualTo(volume.metadata().uid());
    Files.writeString(world.mountOf(pod, "pv-1").resolve("file"), "data");

    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
    assertThat(world.root().resolve("pods")).isEmptyDirectory();

    var second = world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    assertThat(world.mountOf(second, "pv-1").resolve("file")).hasContent("data");
  }
}
