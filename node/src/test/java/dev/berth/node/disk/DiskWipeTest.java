package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Wipes in pieces of 8 MiB. */
class DiskWipeTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  private LoopDisk fullDisk(int sizeMib) {
    var disk = disks.disk(sizeMib * MIB);
    run(
        "dd",
        "if=/dev/urandom",
        "of=" + disk.device(),
        "bs=1M",
        "count=" + sizeMib,
        "oflag=direct",
        "status=none");
    return disk;
  }

  private Outcome wipe(LoopDisk disk, long generation) throws Exception {
    return parts.wipe().wipe(parts.device(disk.device()), generation, DiskWipe.Progress.NONE);
  }

  private static void assertAllZero(LoopDisk disk) throws IOException {
    run("sync");
    try (var in = Files.newInputStream(disk.image())) {
      for (var chunk = in.readNBytes(1 << 20); chunk.length > 0; chunk = in.readNBytes(1 << 20)) {
        for (var b : chunk) {
          if (b != 0) {
            throw new AssertionError("the image is not zero");
          }
        }
      }
    }
  }

  @Test
  void everyByteIsZeroAfterwardsAndTheRecordSaysSo() throws Exception {
    var disk = fullDisk(20);
    run("mkfs.ext4", "-q", disk.device().toString());
    var seen = new ArrayList<Long>();
    var device = parts.device(disk.device());

    var outcome = parts.wipe().wipe(device, 7, (wiped, total) -> seen.add(wiped));
    assertThat(outcome).isEqualTo(Outcome.Done.PLAIN);
    assertAllZero(disk);
    assertThat(seen).containsExactly(0L, 8 * MIB, 16 * MIB, 20 * MIB);
    assertThat(parts.journal().wipedAndUnused(device.identity(), 7)).isTrue();
  }

  @Test
  void aWipeOfTheSameGenerationIsNotRepeatedAndOneOfTheNextIs() throws Exception {
    var disk = fullDisk(4);
    wipe(disk, 7);
    run("mkfs.ext2", "-q", disk.device().toString());

    assertThat(wipe(disk, 7)).isEqualTo(new Outcome.Done("already wiped"));
    assertThat(parts.fileSystems().probe(parts.device(disk.device())))
        .isInstanceOf(ProbeResult.Content.class);
    assertThat(wipe(disk, 8)).isEqualTo(Outcome.Done.PLAIN);
    assertAllZero(disk);
  }

  @Test
  void aWipeThatWasCutShortGoesOnWhereItWasSynced() throws Exception {
    var disk = fullDisk(40);
    var device = parts.device(disk.device());
    parts.wrap("blkdiscard", "case \"$*\" in *'--offset 16777216 '*) exit 1;; esac; REAL \"$@\"");
    assertThat(wipe(disk, 7)).isInstanceOf(Outcome.Failed.class);
    assertThat(parts.journal().wipeOf(device.identity()).orElseThrow().wipedBytes())
        .isEqualTo(16 * MIB);
    assertThat(parts.journal().wipedAndUnused(device.identity(), 7)).isFalse();

    wire();
    parts.unwrap("blkdiscard");
    var seen = new ArrayList<Long>();
    parts.wipe().wipe(device, 7, (wiped, total) -> seen.add(wiped));
    assertThat(seen).containsExactly(16 * MIB, 24 * MIB, 32 * MIB, 40 * MIB);
    assertAllZero(disk);
  }

  @Test
  void whatDoesNotReadZeroAfterwardsIsNotWiped() throws Exception {
    var disk = fullDisk(20);
    parts.wrap("blkdiscard", "exit 0");

    assertThat(wipe(disk, 7))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.message()).contains("after it, at byte 0"));
    parts.unwrap("blkdiscard");
    assertThat(wipe(disk, 7)).isEqualTo(Outcome.Done.PLAIN);
    assertAllZero(disk);
  }

  @Test
  void aDiskInUseIsNeverWiped() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", disk.device().toString());
    var target = disks.mount(disk, "ext4", "mnt");
    Files.writeString(target.resolve("data"), "kept");

    for (var outcome :
        List.of(wipe(disk, 7), parts.wipe().eraseSignatures(parts.device(disk.device())))) {
      assertThat(outcome)
          .isInstanceOfSatisfying(
              Outcome.Failed.class,
              failed -> assertThat(failed.message()).contains("refused", target.toString()));
    }
    run("umount", target.toString());
    run("mount", disk.device().toString(), target.toString());
    assertThat(target.resolve("data")).hasContent("kept");
  }

  @Test
  void aDiskThatIsHeldExclusivelyIsNeverWiped() throws Exception {
    var disk = fullDisk(4);
    run("mkswap", disk.device().toString());
    var holder =
        new ProcessBuilder(
                "perl",
                "-e",
                "sysopen(F, $ARGV[0], 0200) or die; $| = 1; print qq(held\n); <STDIN>",
                disk.device().toString())
            .start();
    assertThat(holder.inputReader().readLine()).isEqualTo("held");

    assertThat(wipe(disk, 7)).isInstanceOf(Outcome.Failed.class);
    assertThat(parts.wipe().eraseSignatures(parts.device(disk.device())))
        .isInstanceOf(Outcome.Failed.class);
    holder.getOutputStream().close();
    holder.waitFor();
    assertThat(parts.fileSystems().probe(parts.device(disk.device())))
        .isInstanceOf(ProbeResult.Content.class);
  }

  @Test
  void erasedSignaturesAreGoneAndTheRestIsLeft() throws Exception {
    var disk = fullDisk(64);
    run("mkfs.ext4", "-q", "-E", "nodiscard", disk.device().toString());
    var device = parts.device(disk.device());

    assertThat(parts.wipe().eraseSignatures(device).done()).isTrue();
    assertThat(parts.fileSystems().probe(device)).isEqualTo(new ProbeResult.Nothing());
    assertThat(parts.journal().wipeOf(device.identity())).isEmpty();
  }
}
