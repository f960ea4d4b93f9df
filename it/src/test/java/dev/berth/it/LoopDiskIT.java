package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disks of tests. */
class LoopDiskIT {
  private static final long BYTES = 1 << 20;

  @TempDir Path dir;

  /** A server's end takes its disks away, and their numbers are free at once. */
  @Test
  void aNumberThatIsAnothersByNowStaysTheirs() throws Exception {
    try (var disk = LoopDisk.make(dir.resolve("disk.img"), BYTES)) {
      var other = LoopDisk.make(dir.resolve("other.img"), BYTES);
      try {
        new LoopDisk(disk.image(), other.device(), disk.sequence()).close();
        assertThat(file(other)).isEqualTo(other.image().toString());
      } finally {
        other.close();
      }
      assertThat(bound(other)).isFalse();
    }
  }

  @Test
  void aDiskWhoseFileIsDeletedGoes() throws Exception {
    var disk = LoopDisk.make(dir.resolve("disk.img"), BYTES);
    Files.delete(disk.image());
    disk.close();
    assertThat(bound(disk)).isFalse();
  }

  private static String file(LoopDisk disk) {
    return Command.run("losetup", "-n", "-O", "BACK-FILE", disk.device()).out().strip();
  }

  private boolean bound(LoopDisk disk) {
    return file(disk).startsWith(dir.toString());
  }
}
