package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.BlankProof.Demand;
import dev.berth.node.disk.BlankVerdict.Blank;
import dev.berth.node.disk.BlankVerdict.Reason;
import dev.berth.node.disk.BlankVerdict.Refused;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every reason for which a device is not formatted, on real devices with real tools. */
class BlankProofTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  private BlankVerdict verify(LoopDisk disk) throws Exception {
    return parts.proof().verify(parts.device(disk.device()), Demand.ofSize(0));
  }

  private void assertRefused(LoopDisk disk, Reason reason, String... words) throws Exception {
    assertThat(verify(disk))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(reason);
              assertThat(refused.message()).contains(disk.device().toString()).contains("; ");
              for (var word : words) {
                assertThat(refused.message()).contains(word);
              }
            });
  }

  @ParameterizedTest
  @ValueSource(longs = {MIB, 20 * MIB, 300 * MIB + 512, 1024 * MIB, 20L * 1024 * MIB})
  void aDiskThatReadsZeroIsBlank(long size) throws Exception {
    var disk = disks.disk(size);

    assertThat(verify(disk))
        .isInstanceOfSatisfying(Blank.class, blank -> assertThat(blank.evidence()).hasSize(4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ext4 | mkfs.ext4 -q DEVICE",
        "ext2 | mkfs.ext2 -q DEVICE",
        "xfs | mkfs.xfs -q DEVICE",
        "btrfs | mkfs.btrfs -q DEVICE",
        "swap | mkswap DEVICE",
        "minix | mkfs.minix DEVICE",
        "cramfs | mkfs.cramfs /etc/apt DEVICE",
      })
  void anythingThatAToolMadeIsASignature(String type, String command) throws Exception {
    var disk = disks.disk(400 * MIB);
    run(command.replace("DEVICE", disk.device().toString()).split(" "));

    assertRefused(disk, Reason.SIGNATURE, type, "expected nothing on it", "wipefs -a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt", "dos"})
  void aPartitionTableIsRefusedEvenWithoutPartitions(String label) throws Exception {
    var image = disks.image(64 * MIB);
    run("sh", "-c", "echo label: " + label + " | sfdisk -q " + image);

    assertRefused(disks.attach(image), Reason.SIGNATURE, label);
  }

  @Test
  void aLostPartitionTableIsFoundByItsCopyAtTheEnd() throws Exception {
    var image = disks.image(64 * MIB);
    run("sh", "-c", "echo label: gpt | sfdisk -q " + image);
    write(image, 0, new byte[(int) MIB]);

    assertThat(verify(disks.attach(image))).isInstanceOf(Refused.class);
  }

  @Test
  void partitionsAreRefused() throws Exception {
    var image = disks.image(64 * MIB);
    run("sh", "-c", "echo '2048,' | sfdisk -q " + image);
    var disk = disks.attach(image);
    run("partx", "--add", disk.device().toString());

    assertRefused(disk, Reason.PARTITIONED, disk.kernelName() + "p1");
    assertThat(parts.proof().verify(parts.device(Path.of(disk.device() + "p1")), Demand.ofSize(0)))
        .isInstanceOf(Blank.class);
  }

  @Test
  void contradictingSignaturesAreRefused() throws Exception {
    var disk = disks.disk(400 * MIB);
    run("mkfs.xfs", "-q", disk.device().toString());
    var other = disks.disk(400 * MIB);
    run("mkfs.btrfs", "-q", other.device().toString());
    run(
        "dd",
        "if=" + other.device(),
        "of=" + disk.device(),
        "bs=4k",
        "skip=16",
        "seek=16",
        "count=1",
        "conv=fsync",
        "status=none");

    assertRefused(disk, Reason.SIGNATURE, "xfs", "btrfs");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 777, 2 * MIB - 1, 64 * MIB + 5, 299 * MIB, 300 * MIB - 1})
  void oneByteWhereSamplesAreReadIsEnough(long at) throws Exception {
    var image = disks.image(300 * MIB);
    write(image, at, new byte[] {42});

    assertRefused(disks.attach(image), Reason.NOT_ZERO, "at byte " + at + " it reads 2a");
  }

  @Test
  void dataWithoutAnyHeaderIsMetByRandomSamples() throws Exception {
    var image = disks.image(256 * MIB);
    for (var piece = 16; piece < 240; piece += 4) {
      write(image, piece * MIB, "rows of a database ".repeat(100_000).getBytes(US_ASCII));
    }

    assertRefused(disks.attach(image), Reason.NOT_ZERO, "data of no known kind");
  }

  @Test
  void whatWasWipedByUsNeedNotReadZeroButCarriesNoSignature() throws Exception {
    var image = disks.image(64 * MIB);
    write(image, 5000, new byte[] {42});
    var disk = disks.attach(image);
    var wiped = new Demand(0, true, false);

    assertThat(parts.proof().verify(parts.device(disk.device()), wiped)).isInstanceOf(Blank.class);
    run("mkswap", disk.device().toString());
    assertThat(parts.proof().verify(parts.device(disk.device()), wiped))
        .isInstanceOf(Refused.class);
  }

  @Test
  void aDiskWhoseFileWasCutCannotBeRead() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("truncate", "-s", "32M", disk.image().toString());

    assertThat(((Refused) verify(disk)).reason()).isIn(Reason.UNREADABLE, Reason.SHORT_READ);
    assertThat(((Refused) verify(disk)).message()).contains("cannot be read");
  }

  @Test
  void whateverUsesADiskIsNamed() throws Exception {
    var mounted = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", mounted.device().toString());
    var target = disks.mount(mounted, "ext4", "mnt");
    assertRefused(mounted, Reason.MOUNTED, target.toString(), "ext4");

    var btrfs = disks.disk(300 * MIB);
    run("mkfs.btrfs", "-q", btrfs.device().toString());
    disks.mount(btrfs, "btrfs", "btr");
    assertRefused(btrfs, Reason.MOUNTED, "btrfs");

    var swap = disks.disk(64 * MIB);
    run("mkswap", swap.device().toString());
    run("swapon", swap.device().toString());
    assertRefused(swap, Reason.SWAP);
    run("swapoff", swap.device().toString());

    var below = disks.disk(64 * MIB);
    var above = disks.attach(below.device());
    assertRefused(below, Reason.HELD, above.kernelName());
    run("losetup", "-d", above.device().toString());
  }

  @Test
  void aDiskThatSomebodyHoldsExclusivelyIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    try (var _ = LoopDisks.hold(disk)) {
      assertRefused(disk, Reason.OPENED, "fuser");
    }
    assertThat(verify(disk)).isInstanceOf(Blank.class);
  }

  @Test
  void aDiskMountedInAnotherMountNamespaceIsRefusedAndItIsToldWhere() throws Exception {
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
      assertRefused(
          disk,
          Reason.OPENED,
          "it is mounted at %s in the mount namespace of process %d"
              .formatted(target, other.pid()));
    } finally {
      other.getOutputStream().close();
      other.waitFor();
    }
  }

  @Test
  void sizeAndWritabilityAreDemanded() throws Exception {
    var small = disks.disk(64 * MIB);
    assertThat(parts.proof().verify(parts.device(small.device()), Demand.ofSize(65 * MIB)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Reason.TOO_SMALL);
              assertThat(refused.message()).contains("67108864 bytes", "at least 68157440");
            });

    var image = disks.image(64 * MIB);
    assertRefused(disks.attach(image, "--read-only"), Reason.READ_ONLY);
  }

  @Test
  void aDeviceThatIsExchangedDuringTheProofIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    var link = disks.directory().resolve("by-id");
    Files.createSymbolicLink(link, disk.device());
    var other = disks.disk(64 * MIB);
    parts.wrap("wipefs", "ln -sfn " + other.device() + " " + link + "; exec REAL \"$@\"");

    assertThat(parts.proof().verify(parts.device(link), Demand.ofSize(0)))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.CHANGED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wipefs", "perl"})
  void aReaderThatDoesNotAnswerOrDiesProvesNothing(String tool) throws Exception {
    var disk = disks.disk(64 * MIB);
    parts.wrap(tool, "exec sleep 1000");
    assertRefused(disk, Reason.NO_ANSWER);
    parts.wrap(tool, "kill -9 $$");
    assertRefused(disk, Reason.UNREADABLE);
    parts.wrap(tool, "exit 0");
    assertRefused(disk, Reason.UNREADABLE);
  }

  @Test
  void theRegionsCoverBothEndsAndEveryStrip() {
    for (var size : List.of(33 * MIB, 100 * MIB + 512, 1024 * MIB, 4096L * 1024 * MIB)) {
      var regions = SampleRegions.of(size, new java.util.Random(1));
      assertThat(regions.getFirst().offset()).isZero();
      assertThat(regions.getFirst().length()).isGreaterThanOrEqualTo(2 * MIB);
      assertThat(regions.getLast().end()).isEqualTo(size);
      for (var i = 1; i < regions.size(); i++) {
        assertThat(regions.get(i).offset()).isGreaterThan(regions.get(i - 1).end());
      }
      for (var strip = 0; strip < 31; strip++) {
        var from = size / 32 * strip;
        var to = from + 2 * size / 32;
        assertThat(regions).anyMatch(r -> r.end() > from && r.offset() < to);
      }
    }
  }

  private static void write(Path image, long at, byte[] bytes) throws IOException {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(at);
      file.write(bytes);
    }
  }
}
