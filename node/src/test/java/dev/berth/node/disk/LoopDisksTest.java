package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That tests leave no disks behind. */
class LoopDisksTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();

  @Test
  void aDiskOnADiskWhoseMountWasGivenUpGoesToo() {
    var below = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", below.device().toString());
    var target = disks.mount(below, "ext4", "mnt");
    var image = target.resolve("disk.img");
    run("truncate", "-s", "16M", image.toString());
    var above = disks.attach(image).device().toString();
    var sequence = LoopDisks.sequence(above);
    try {
      run("umount", "--lazy", target.toString());
      disks.close();
      assertThat(LoopDisks.sequence(above)).isNotEqualTo(sequence);
    } finally {
      LoopDisks.detachIf(above, "diskseq", sequence);
    }
  }
}
