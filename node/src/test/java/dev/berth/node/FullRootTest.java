package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.node.disk.LoopDisks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node whose own directory is on a disk without any free space. */
class FullRootTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;
  private Path filler;

  @BeforeEach
  void makeWorld() {
    var small = disks.disk(16 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", "-m0", small.device().toString());
    filler = disks.mount(small, "ext4", "node").resolve("filler");
    world = new NodeWorld(disks, containers);
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void fill() {
    assertThatThrownBy(
            () -> {
              try (var file = Files.newOutputStream(filler)) {
                while (true) {
                  file.write(new byte[1024]);
                }
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left");
  }

  @Test
  void nothingIsFormattedUntilThereIsSpaceToRememberItAndAPodCanEndWithoutAny() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    fill();

    world.pod("p", "claim");

    eventually(
        () ->
            assertThat(world.messages("FailedMount"))
                .anySatisfy(
                    message -> assertThat(message).contains("pv-1", "No space left on device")));
    assertThat(LoopDisks.run("cmp", "-n", "64MiB", disk.image().toString(), "/dev/zero")).isEmpty();
    assertThat(world.mounts()).isEmpty();

    Files.delete(filler);

    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));

    fill();
    world.deletePod("p");

    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }
}
