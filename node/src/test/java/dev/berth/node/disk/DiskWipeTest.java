package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.WipeMethod;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    return wipe(disk, generation, WipeMethod.ZERO);
  }

  private Outcome wipe(LoopDisk disk, long generation, WipeMethod method) throws Exception {
    return parts
        .wipe()
        .wipe(parts.device(disk.device()), generation, method, DiskWipe.Progress.NONE);
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

    var outcome = parts.wipe().wipe(device, 7, WipeMethod.ZERO, (wiped, total) -> seen.add(wiped));
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
    parts.wipe().wipe(device, 7, WipeMethod.ZERO, (wiped, total) -> seen.add(wiped));
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
    try (var _ = LoopDisks.hold(disk)) {
      assertThat(wipe(disk, 7)).isInstanceOf(Outcome.Failed.class);
      assertThat(parts.wipe().eraseSignatures(parts.device(disk.device())))
          .isInstanceOf(Outcome.Failed.class);
    }
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

  @Test
  void overwritingWritesRandomBytesOnceOverEverythingAndThenZeros() throws Exception {
    var disk = fullDisk(20);
    var device = parts.device(disk.device());
    var before = Files.readAllBytes(disk.image());
    parts.wrap("blkdiscard", "exit 1");
    assertThat(wipe(disk, 7, WipeMethod.OVERWRITE)).isInstanceOf(Outcome.Failed.class);
    run("sync");
    var between = Files.readAllBytes(disk.image());
    for (var at = 0; at < before.length; at += 4096) {
      assertThat(Arrays.equals(before, at, at + 4096, between, at, at + 4096)).isFalse();
    }
    assertThat(parts.journal().wipeOf(device.identity()).orElseThrow().wipedBytes())
        .isEqualTo(20 * MIB);

    parts.unwrap("blkdiscard");
    wire();
    var seen = new ArrayList<Long>();
    parts
        .wipe()
        .wipe(
            device,
            7,
            WipeMethod.OVERWRITE,
            (wiped, total) -> {
              assertThat(total).isEqualTo(40 * MIB);
              return seen.add(wiped);
            });
    assertThat(seen).containsExactly(20 * MIB, 28 * MIB, 36 * MIB, 40 * MIB);
    assertAllZero(disk);
    assertThat(parts.journal().wipedAndUnused(device.identity(), 7)).isTrue();
  }

  @Test
  void signaturesAloneAreGoneAfterwardsAndADiskWipedSoMayBeFormattedOnce() throws Exception {
    var disk = fullDisk(64);
    run("mkfs.ext4", "-q", "-E", "nodiscard", disk.device().toString());
    var device = parts.device(disk.device());
    assertThat(wipe(disk, 7, WipeMethod.SIGNATURES)).isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.fileSystems().probe(device)).isEqualTo(new ProbeResult.Nothing());
    assertThat(parts.journal().wipedAndUnused(device.identity(), 7)).isTrue();
    assertThat(parts.proof().verify(device, BlankProof.Demand.ofSize(0)))
        .isInstanceOf(BlankVerdict.Refused.class);
    assertThat(parts.proof().verify(device, new BlankProof.Demand(0, true, false)))
        .isInstanceOf(BlankVerdict.Blank.class);
  }

  @Test
  void signaturesThatAreStillThereAreNotTakenForWiped() throws Exception {
    var disk = fullDisk(64);
    run("mkfs.ext4", "-q", "-E", "nodiscard", disk.device().toString());
    parts.wrap("wipefs", "exit 0");
    assertThat(wipe(disk, 7, WipeMethod.SIGNATURES))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.message()).contains("after it, found", "ext4"));
  }

  @Test
  void discardedBlocksAreGivenBack() throws Exception {
    var disk = fullDisk(64);
    run("mkfs.ext4", "-q", "-E", "nodiscard", disk.device().toString());
    var device = parts.device(disk.device());
    assertThat(wipe(disk, 7, WipeMethod.DISCARD)).isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.fileSystems().probe(device)).isEqualTo(new ProbeResult.Nothing());
    assertThat(Long.parseLong(run("stat", "-c", "%b", disk.image().toString()).strip()) * 512)
        .isLessThan(MIB);
  }

  @Test
  void anotherMethodBeginsAnew() throws Exception {
    var disk = fullDisk(4);
    wipe(disk, 7, WipeMethod.SIGNATURES);
    assertThat(wipe(disk, 7, WipeMethod.ZERO)).isEqualTo(Outcome.Done.PLAIN);
    assertAllZero(disk);
  }

  @Test
  void itStopsWhenNobodyAsksForItAnyMore() throws Exception {
    var disk = fullDisk(20);
    var device = parts.device(disk.device());
    assertThat(parts.wipe().wipe(device, 7, WipeMethod.ZERO, (wiped, total) -> wiped < 8 * MIB))
        .isEqualTo(
            new Outcome.Failed("wiping " + device + " was stopped: nobody asks for it any more"));
    assertThat(parts.journal().wipeOf(device.identity()).orElseThrow().wipedBytes())
        .isEqualTo(8 * MIB);
    var rest = Arrays.copyOfRange(Files.readAllBytes(disk.image()), 8 << 20, (8 << 20) + 512);
    assertThat(rest).isNotEqualTo(new byte[512]);
  }

  @Test
  void aDiskMountedInAnotherMountNamespaceIsNeverWipedAndItIsToldWhere() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", disk.device().toString());
    var target = disks.directory("elsewhere");
    var other =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                "mount \"$0\" \"$1\" && echo mounted && read line",
                disk.device().toString(),
                target.toString())
            .start();
    try {
      assertThat(other.inputReader().readLine()).isEqualTo("mounted");
      assertThat(parts.mounts().read().at(target)).isEmpty();
      for (var method : List.of(WipeMethod.ZERO, WipeMethod.OVERWRITE, WipeMethod.SIGNATURES)) {
        assertThat(wipe(disk, 7, method))
            .isInstanceOfSatisfying(
                Outcome.Failed.class,
                failed ->
                    assertThat(failed.message())
                        .contains(
                            "it is mounted at %s in the mount namespace of process %d"
                                .formatted(target, other.pid())));
      }
    } finally {
      other.getOutputStream().close();
      other.waitFor();
    }
    assertThat(parts.fileSystems().probe(parts.device(disk.device())))
        .isInstanceOf(ProbeResult.Content.class);
    assertThat(wipe(disk, 7)).isEqualTo(Outcome.Done.PLAIN);
  }

  @Test
  void partitionsThatTheWipedTableNamedAreForgotten() throws Exception {
    var image = disks.image(64 * MIB);
    run("sh", "-c", "echo ',,L' | sfdisk -q " + image);
    var disk = disks.attach(image);
    run("partx", "--add", disk.device().toString());
    assertThat(parts.device(disk.device()).partitions()).hasSize(1);
    assertThat(wipe(disk, 7)).isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.device(disk.device()).partitions()).isEmpty();
  }

  @Test
  void aPaceIsKeptOnTheWhole() throws Exception {
    var now = new AtomicReference<>(Instant.EPOCH);
    var slept = new ArrayList<Duration>();
    var pace =
        new WipePace(
            4 * MIB,
            8 * MIB,
            now::get,
            time -> {
              slept.add(time);
              now.updateAndGet(before -> before.plus(time));
            });
    var disk = fullDisk(10);
    new PiecewiseDiskWipe(
            parts.children(),
            parts.devices(),
            parts.journal(),
            new Random(1),
            now::get,
            DiskDeadlines.DEFAULT,
            pace)
        .wipe(parts.device(disk.device()), 7, WipeMethod.ZERO, DiskWipe.Progress.NONE);
    assertThat(slept)
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(500));
    assertAllZero(disk);
  }

  @ParameterizedTest
  @CsvSource({"0,8388608", "1,65536", "1000000,999424", "999999999,8388608"})
  void aPieceIsAboutASecondsWorth(long bytesPerSecond, long pieceBytes) {
    assertThat(new WipePace(bytesPerSecond, 8 * MIB, Instant::now, time -> {}).pieceBytes())
        .isEqualTo(pieceBytes);
  }
}
