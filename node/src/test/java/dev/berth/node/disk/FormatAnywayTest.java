package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static dev.berth.node.disk.PreparationScene.MIB;
import static dev.berth.node.disk.PreparationScene.NOTHING_SAID;
import static dev.berth.node.disk.PreparationScene.OTHER;
import static dev.berth.node.disk.PreparationScene.VOLUME;
import static dev.berth.node.disk.PreparationScene.assertFormatted;
import static dev.berth.node.disk.PreparationScene.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.DiskPreparation.Prepared;
import dev.berth.node.disk.DiskPreparation.Prepared.Refused;
import dev.berth.node.disk.DiskPreparation.Prepared.Unfinished;
import dev.berth.node.disk.DiskPreparation.Reason;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import dev.berth.node.linux.DeviceNumber;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The administrator's word that a disk is to be formatted although it is not blank. */
class FormatAnywayTest {
  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private PreparationScene scene;

  @BeforeEach
  void wire() throws IOException {
    scene = new PreparationScene(disks);
  }

  /** Disks with content that is refused. */
  enum Content {
    OTHER_TYPE,
    PARTITIONS,
    RAW_DATA,
    SWAP_AND_RAW_DATA;

    LoopDisk on(LoopDisks disks) {
      var disk = disks.disk(64 * MIB);
      var device = disk.device().toString();
      var random = "dd if=/dev/urandom bs=1M count=64 oflag=direct status=none of=" + device;
      switch (this) {
        case OTHER_TYPE -> run("mkfs.ext2", device);
        case PARTITIONS -> {
          run("sh", "-c", "echo ',,L' | sfdisk -q " + disk.image());
          run("partx", "--add", device);
        }
        case RAW_DATA -> run("sh", "-c", random);
        case SWAP_AND_RAW_DATA -> run("sh", "-c", random + "; mkswap " + device);
      }
      return disk;
    }
  }

  /** What names a loop device: its size, and the inode of its file. */
  private static String word(LoopDisk disk) throws IOException {
    return Files.size(disk.image()) + "_" + Files.getAttribute(disk.image(), "unix:ino");
  }

  private static void assertNotReady(Prepared prepared, Reason reason, String... words) {
    assertRefused(prepared, reason, words);
    assertThat(((Refused) prepared).message()).doesNotContain("kubectl annotate");
  }

  private static String bytes(LoopDisk disk) throws IOException {
    run("sync", disk.device().toString());
    return run("sha256sum", disk.image().toString());
  }

  @ParameterizedTest
  @EnumSource
  void contentIsDestroyedOnlyOnAWordThatNamesTheDisk(Content content) throws Exception {
    var disk = content.on(disks);
    var before = bytes(disk);
    var line = "kubectl annotate pv pv berth.dev/format-anyway=" + word(disk);
    assertThat(((Refused) scene.prepare(scene.request(disk))).message())
        .endsWith("To have this disk formatted once, which destroys what is on it: " + line);
    for (var wrong : List.of("", "yes", "67108865", Long.toString(64 * MIB), word(disk) + " ")) {
      assertThat(((Refused) scene.prepare(scene.request(disk).saying(wrong))).message())
          .contains("format-anyway=" + wrong + " does not name this disk")
          .endsWith("kubectl annotate --overwrite pv pv berth.dev/format-anyway=" + word(disk));
    }
    assertThat(bytes(disk)).isEqualTo(before);

    assertFormatted(scene.prepare(scene.request(disk).saying(word(disk))));
    assertThat(scene.parts().device(disk.device()).partitions()).isEmpty();
    assertThat(scene.parts().journal().of(VOLUME).orElseThrow().anyway()).isEqualTo(word(disk));
    var target = disks.mount(disk, "ext4", "mnt");
    assertThat(target).isDirectoryContaining("glob:**/lost+found");
  }

  @Test
  void theWordIsGoodForOneFormat() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    scene.prepare(scene.request(disk).saying(word(disk)));
    run("mkfs.ext2", disk.device().toString());
    scene.restart();
    assertNotReady(
        scene.prepare(scene.request(disk).saying(word(disk))), Reason.OTHER_TYPE, "ext2");
    var recorded = scene.request(disk).saying(word(disk)).recorded(VOLUME.toString());
    assertNotReady(scene.prepare(recorded), Reason.WRONG_DISK);
  }

  @Test
  void theWordHitsNoDiskThatItDoesNotName() throws Exception {
    var small = Content.RAW_DATA.on(disks);
    var large = disks.disk(64 * MIB);
    run("mkfs.ext2", large.device().toString());
    assertRefused(
        scene.prepare(scene.request(large).saying(word(small))),
        Reason.OTHER_TYPE,
        "does not name");
    assertFormatted(scene.prepare(scene.request(small).saying(word(small))));
  }

  @Test
  void aMountedOrHeldDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    var target = disks.mount(disk, "ext4", "mnt");
    assertNotReady(
        scene.prepare(scene.request(disk).saying(word(disk))), Reason.IN_USE, target.toString());
    run("umount", target.toString());

    var onTop = disks.attach(disk.device());
    assertNotReady(
        scene.prepare(scene.request(disk).saying(word(disk))), Reason.IN_USE, onTop.kernelName());
    run("losetup", "--detach", onTop.device().toString());

    try (var _ = LoopDisks.hold(disk)) {
      assertNotReady(
          scene.prepare(scene.request(disk).saying(word(disk))), Reason.IN_USE, "exclusively");
    }
    assertThat(scene.parts().fileSystems().probe(scene.parts().device(disk.device())))
        .isInstanceOfSatisfying(
            ProbeResult.Content.class, found -> assertThat(found.type()).isEqualTo("ext2"));
  }

  @Test
  void anUnreadableDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    try (var image = new RandomAccessFile(disk.image().toFile(), "rw")) {
      image.setLength(32 * MIB);
    }
    assertNotReady(scene.prepare(scene.request(disk).saying(word(disk))), Reason.UNREADABLE);
  }

  @Test
  void aDiskThatIsTooSmallIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    var large = scene.request(disk).ofBytes(65 * MIB).saying(word(disk));
    assertNotReady(scene.prepare(large), Reason.TOO_SMALL);
  }

  @Test
  void theDiskOfAnotherVolumeIsNotFormattedOnAnyWord() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device().toString());
    var xfs = scene.request(VOLUME, disk.device(), FileSystemKind.XFS).saying(word(disk));
    assertNotReady(
        scene.prepare(xfs.othersFileSystems(OTHER.toString()::equals)),
        Reason.OWNED,
        "belongs to volume pv-other");
    var raw = Content.RAW_DATA.on(disks);
    assertNotReady(
        scene.prepare(
            scene
                .request(raw)
                .saying(word(raw))
                .othersDevices(scene.parts().device(raw.device()).identity()::sameDevice)),
        Reason.OWNED,
        "belongs to volume pv-other");
  }

  @Test
  void aDiskWithAPartitionOfAnotherVolumeIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.PARTITIONS.on(disks);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device() + "p1");
    assertNotReady(
        scene.prepare(
            scene.request(disk).saying(word(disk)).othersFileSystems(OTHER.toString()::equals)),
        Reason.OWNED,
        "belongs to volume pv-other");
  }

  @Test
  void aPartitionOfAnotherVolumesDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.PARTITIONS.on(disks);
    var whole = scene.parts().device(disk.device()).identity();
    var part = Path.of(disk.device() + "p1");
    run("mkfs.ext2", "-q", part.toString());
    var word = FormatAnyway.nameOf(scene.parts().device(part).identity());
    assertNotReady(
        scene.prepare(
            scene
                .request(VOLUME, part, FileSystemKind.EXT4)
                .saying(word)
                .othersDevices(whole::sameDevice)),
        Reason.OWNED,
        "belongs to volume pv-other");
    assertFormatted(scene.prepare(scene.request(VOLUME, part, FileSystemKind.EXT4).saying(word)));
  }

  @ParameterizedTest
  @EnumSource
  void aFormatOnAWordThatWasKilledGoesOnWithTheWordAndNotWithoutIt(Content content)
      throws Exception {
    var disk = content.on(disks);
    var before = bytes(disk);
    scene.parts().wrap("wipefs", "case \"$*\" in *--all*) exit 1;; esac; REAL \"$@\"");
    assertThat(scene.prepare(scene.request(disk).saying(word(disk))))
        .isInstanceOf(Unfinished.class);
    scene.parts().unwrap("wipefs");
    scene.restart();
    assertThat(scene.prepare(scene.request(disk))).isInstanceOf(Refused.class);
    assertThat(bytes(disk)).isEqualTo(before);
    assertFormatted(scene.prepare(scene.request(disk).saying(word(disk))));
  }

  @Test
  void disksAreNamedBySerialNumberThenWwnThenByWhatOnlyTheyHaveInThisBoot() {
    var disk = identity("S1 2'3", "naa.5", 0);
    assertThat(FormatAnyway.nameOf(disk)).isEqualTo("S1 2'3");
    assertThat(said("naa.5").allows(disk)).isTrue();
    assertThat(said("S1 2'3").allows(disk)).isTrue();
    assertThat(said("4096").allows(disk)).isFalse();
    assertThat(FormatAnyway.nameOf(identity("", "naa.5", 0))).isEqualTo("naa.5");
    assertThat(FormatAnyway.nameOf(identity("", "", 0))).isEqualTo("4096_1f00_7");
    assertThat(FormatAnyway.nameOf(identity("", "", 2))).isEqualTo("4096_1f00_7-part2");
    assertThat(said("4096").allows(identity("", "", 0))).as("others are as large").isFalse();
    var part = identity("S1", "naa.5", 2);
    assertThat(FormatAnyway.nameOf(part)).isEqualTo("S1-part2");
    assertThat(said("S1").allows(part)).isFalse();
    assertThat(said("naa.5-part2").allows(part)).isTrue();
    assertThat(said("S1-part2").allows(identity("S1", "naa.5", 0))).isFalse();
    var device =
        new BlockDevice(
            Path.of("/dev/x"), Path.of("/dev/x"), "x", disk, false, Optional.empty(), List.of());
    assertThat(NOTHING_SAID.advice(device))
        .endsWith("kubectl annotate pv pv 'berth.dev/format-anyway=S1 2'\\''3'");
  }

  private static FormatAnyway said(String word) {
    return new FormatAnyway("pv", Optional.of(word), device -> Optional.empty());
  }

  private static DeviceIdentity identity(String serial, String wwn, int partition) {
    return new DeviceIdentity(
        new DeviceNumber(8, 0),
        "1f00-boot",
        OptionalLong.of(7),
        4096,
        partition == 0 ? Optional.empty() : Optional.of(new DeviceIdentity.Partition(partition, 0)),
        Optional.of(wwn).filter(text -> !text.isEmpty()),
        Optional.of(serial).filter(text -> !text.isEmpty()),
        Optional.empty());
  }
}
