package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LoopImagesTest {
  private static final long MIB = 1 << 20;
  private static final String UID = "5c7d9f0a-3f9e-4c43-9c3b-8f5d6a1e2b01";
  private static final DiskDeadlines DEADLINES =
      new DiskDeadlines(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5),
          Duration.ofMinutes(5));

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private LoopImages images;

  @BeforeEach
  void wire() throws IOException {
    var parts = DiskParts.in(disks.directory());
    images =
        new LoopImages(
            parts.syscalls(), parts.children(), parts.loops(), parts.devices(), DEADLINES);
  }

  /** Its maker was killed when the image had its name, and the power fails after the next one. */
  @Test
  void anImageThatIsFoundMadeKeepsItsNameWhenThePowerFails() throws Exception {
    var disk = disks.disk(256 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    var pool = disks.mount(disk, "ext4", "pool");
    LoopDisks.run("mount", "-o", "remount,commit=300", pool.toString());
    assertThat(images.make(pool, "one", 32 * MIB, UID).done()).isTrue();
    Files.move(LoopImages.file(pool, "one"), LoopImages.file(pool, "two"));

    assertThat(images.make(pool, "two", 32 * MIB, UID).done()).isTrue();

    assertThat(LoopImages.file(afterPowerCut(disk), "two")).hasSize(32 * MIB);
  }

  private Path afterPowerCut(LoopDisks.LoopDisk disk) {
    var cut = disks.directory().resolve("cut.img");
    LoopDisks.run("cp", "--sparse=always", disk.image().toString(), cut.toString());
    return disks.mount(disks.attach(cut), "ext4", "after");
  }
}
