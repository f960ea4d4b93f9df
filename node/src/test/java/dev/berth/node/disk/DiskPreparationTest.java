package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static dev.berth.node.disk.PreparationScene.MIB;
import static dev.berth.node.disk.PreparationScene.NOTHING_SAID;
import static dev.berth.node.disk.PreparationScene.OTHER;
import static dev.berth.node.disk.PreparationScene.VOLUME;
import static dev.berth.node.disk.PreparationScene.assertFormatted;
import static dev.berth.node.disk.PreparationScene.assertReady;
import static dev.berth.node.disk.PreparationScene.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.core.model.FormatOption;
import dev.berth.core.model.WipeMethod;
import dev.berth.node.disk.DiskPreparation.Origin;
import dev.berth.node.disk.DiskPreparation.Prepared;
import dev.berth.node.disk.DiskPreparation.Prepared.Ready;
import dev.berth.node.disk.DiskPreparation.Prepared.Refused;
import dev.berth.node.disk.DiskPreparation.Prepared.Unfinished;
import dev.berth.node.disk.DiskPreparation.Reason;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import dev.berth.node.linux.DeviceNumber;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskPreparationTest {
  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private PreparationScene scene;

  @BeforeEach
  void wire() throws IOException {
    scene = new PreparationScene(disks);
  }

  @ParameterizedTest
  @EnumSource
  void aBlankDiskIsFormattedOnceAndKnownFromThenOn(FileSystemKind kind) throws Exception {
    var disk = disks.disk(400 * MIB);
    var request = scene.request(VOLUME, disk.device(), kind);

    assertFormatted(scene.prepare(request));
    scene.restart();
    assertFormatted(scene.prepare(request));
    assertReady(scene.prepare(request.recorded(VOLUME.toString())), VOLUME.toString(), Origin.OWN);
  }

  @Test
  void aFormattedVolumeIsNeverFormattedAgain() throws Exception {
    var disk = disks.disk(64 * MIB);
    scene.prepare(scene.request(disk));
    run("blkdiscard", "-f", "-z", disk.device().toString());

    assertRefused(
        scene.prepare(scene.request(disk)), Reason.LOST, "not formatted again", VOLUME.toString());
    var swapped = disks.disk(64 * MIB);
    assertRefused(
        scene.prepare(scene.request(swapped).recorded(OTHER.toString())),
        Reason.LOST,
        OTHER.toString());
    assertThat(scene.parts().fileSystems().probe(scene.parts().device(swapped.device())))
        .isEqualTo(new ProbeResult.Nothing());
  }

  @Test
  void afterAWipeTheVolumesNextLifeIsFormattedAgain() throws Exception {
    var disk = disks.disk(64 * MIB);
    scene.prepare(scene.request(disk));
    var device = scene.parts().device(disk.device());
    assertThat(
            scene.parts().wipe().wipe(device, 41, WipeMethod.ZERO, DiskWipe.Progress.NONE).done())
        .isTrue();

    assertRefused(scene.prepare(scene.request(disk)), Reason.LOST);
    assertFormatted(scene.prepare(scene.request(disk).wiped(41)));
    run("blkdiscard", "-f", "-z", disk.device().toString());
    assertRefused(scene.prepare(scene.request(disk).wiped(41)), Reason.LOST);
  }

  @ParameterizedTest
  @EnumSource(
      value = WipeMethod.class,
      names = {"ZERO", "OVERWRITE"})
  void whatWasWrittenSinceAWipeThatLeftNothingIsNotFormattedOver(WipeMethod method)
      throws Exception {
    var disk = disks.disk(64 * MIB);
    scene.prepare(scene.request(disk));
    var device = scene.parts().device(disk.device());
    assertThat(scene.parts().wipe().wipe(device, 41, method, DiskWipe.Progress.NONE).done())
        .isTrue();
    run("sh", "-c", "tr '\\0' '\\377' < /dev/zero | dd bs=1M count=64 of=" + disk.device());

    assertRefused(
        scene.prepare(scene.request(disk).wiped(41)), Reason.NOT_BLANK, "data of no known kind");
    run("blkdiscard", "-f", "-z", disk.device().toString());
    assertFormatted(scene.prepare(scene.request(disk).wiped(41)));
  }

  @Test
  void anotherDiskThanTheRecordedOneIsRefusedByName() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device().toString());

    assertRefused(
        scene.prepare(scene.request(disk).recorded(VOLUME.toString())),
        Reason.WRONG_DISK,
        disk.device().toString(),
        OTHER.toString(),
        VOLUME.toString(),
        "by-id");
  }

  @Test
  void aFileSystemThatBelongsToNobodyIsAdoptedAndOneOfAnotherVolumeIsNot() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device().toString());
    var plain = scene.request(disk);

    assertReady(scene.prepare(plain), OTHER.toString(), Origin.ADOPTED);
    var owned = scene.request(disk).othersFileSystems(OTHER.toString()::equals);
    assertRefused(scene.prepare(owned), Reason.OWNED, "pv-other");
    assertRefused(scene.prepare(scene.request(disk).ofBytes(65 * MIB)), Reason.TOO_SMALL);
  }

  @Test
  void whateverElseIsThereIsReportedAndLeftAsItIs() throws Exception {
    var xfs = disks.disk(320 * MIB);
    run("mkfs.xfs", "-q", xfs.device().toString());
    assertRefused(scene.prepare(scene.request(xfs)), Reason.OTHER_TYPE, "xfs", "expected ext4");

    var swap = disks.disk(64 * MIB);
    run("mkswap", swap.device().toString());
    assertRefused(scene.prepare(scene.request(swap)), Reason.OTHER_TYPE, "swap");

    var table = disks.image(64 * MIB);
    run("sh", "-c", "echo label: gpt | sfdisk -q " + table);
    assertRefused(
        scene.prepare(scene.request(disks.attach(table))),
        Reason.UNEXPECTED_CONTENT,
        "gpt",
        "not touched");

    var data = disks.image(64 * MIB);
    Files.writeString(data, "precious " + " ".repeat(100));
    run("truncate", "-s", "64M", data.toString());
    assertRefused(
        scene.prepare(scene.request(disks.attach(data))),
        Reason.NOT_BLANK,
        "data of no known kind");
    assertThat(Files.readString(data)).startsWith("precious");

    var mounted = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", mounted.device().toString());
    var target = disks.mount(mounted, "ext4", "mnt");
    assertRefused(scene.prepare(scene.request(mounted)), Reason.IN_USE, target.toString());
  }

  @Test
  void anUnreadableDiskIsNeverFormatted() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("truncate", "-s", "0", disk.image().toString());
    assertRefused(scene.prepare(scene.request(disk)), Reason.UNREADABLE);
    run("truncate", "-s", "32M", disk.image().toString());
    assertRefused(scene.prepare(scene.request(disk)), Reason.UNREADABLE, "not known to be blank");
  }

  /** Between the moment it was found and its examination, and with the same UUID. */
  @Test
  void aDeviceThatBecameAnotherOneSinceItWasFoundIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", VOLUME.toString(), disk.device().toString());
    var copy = disks.directory().resolve("copy.img");
    Files.copy(disk.image(), copy);
    var recorded = scene.request(disk).recorded(VOLUME.toString());
    run("losetup", "-d", disk.device().toString());
    run("losetup", disk.device().toString(), copy.toString());

    assertRefused(scene.prepare(recorded), Reason.UNREADABLE, "became another device");
    assertReady(
        scene.prepare(scene.request(disk).recorded(VOLUME.toString())),
        VOLUME.toString(),
        Origin.OWN);
  }

  /** A format killed at many moments, each followed by a restart that does it again. */
  @ParameterizedTest
  @EnumSource
  void aKilledFormatIsRecognisedAndRepeated(FileSystemKind kind) throws Exception {
    var cutShort = 0;
    for (var millis = 1; millis <= 13; millis += 2) {
      var disk = disks.disk(1024 * MIB);
      var volume = UUID.randomUUID();
      var request = scene.request(volume, disk.device(), kind);
      scene
          .parts()
          .wrap(
              "mkfs." + kind.typeName(),
              "exec timeout -s KILL %.3f REAL \"$@\"".formatted(millis / 1000.0));
      if (scene.prepare(request) instanceof Unfinished) {
        cutShort++;
      }
      scene.restart();
      scene.parts().unwrap("mkfs." + kind.typeName());
      // The killed program may hold the device for a moment longer: a refusal that passes.
      await()
          .pollDelay(Duration.ZERO)
          .untilAsserted(
              () -> assertReady(scene.prepare(request), volume.toString(), Origin.FORMATTED));
      var device = scene.parts().device(disk.device());
      assertThat(scene.parts().fileSystems().diagnose(device, kind))
          .isEqualTo(new CheckResult.Clean());
      run("losetup", "-d", disk.device().toString());
    }
    assertThat(cutShort).as("formats that were really cut short").isPositive();
  }

  @Test
  void theDebrisOfAFormatIsTakenOnlyForItsOwnVolumeOnItsOwnDisk() throws Exception {
    var image = disks.image(64 * MIB);
    var disk = disks.attach(image);
    scene
        .parts()
        .wrap("mkfs.ext4", "echo debris | dd of=" + disk.device() + " conv=fsync,notrunc; exit 1");
    assertThat(scene.prepare(scene.request(disk))).isInstanceOf(Unfinished.class);
    scene.parts().unwrap("mkfs.ext4");

    assertRefused(
        scene.prepare(scene.request(OTHER, disk.device(), FileSystemKind.EXT4)), Reason.NOT_BLANK);
    var copy = disks.directory().resolve("copy.img");
    Files.copy(image, copy);
    assertRefused(scene.prepare(scene.request(disks.attach(copy))), Reason.NOT_BLANK);
    run("mkswap", disk.device().toString());
    assertRefused(scene.prepare(scene.request(disk)), Reason.OTHER_TYPE, "swap");
    run("wipefs", "-aq", disk.device().toString());
    assertFormatted(scene.prepare(scene.request(disk)));
  }

  /** The process dies between two steps of the protocol. */
  @ParameterizedTest
  @ValueSource(strings = {"before mkfs", "after mkfs", "before done"})
  void aCrashAtAnyStepIsGoneOnFrom(String point) throws Exception {
    var disk = disks.disk(64 * MIB);
    var crashing =
        new JournaledDiskPreparation(
            scene.parts().devices(),
            new CrashingFileSystems(scene.parts().fileSystems(), point),
            scene.parts().proof(),
            scene.parts().wipe(),
            scene.parts().journal(),
            InstantSource.system());
    assertThatThrownBy(() -> crashing.prepare(scene.request(disk).request())).hasMessage(point);
    scene.restart();

    assertFormatted(scene.prepare(scene.request(disk)));
    assertThat(scene.parts().journal().of(VOLUME))
        .hasValueSatisfying(intent -> assertThat(intent.done()).isTrue());
  }

  private record CrashingFileSystems(FileSystems real, String point) implements FileSystems {
    @Override
    public ProbeResult probe(BlockDevice device) throws InterruptedException {
      return real.probe(device);
    }

    @Override
    public Map<BlockDevice, String> uuids(Map<BlockDevice, FileSystemKind> mounted)
        throws InterruptedException {
      return real.uuids(mounted);
    }

    @Override
    public Outcome make(
        BlockDevice device, FileSystemKind kind, UUID uuid, Map<FormatOption, Long> options)
        throws InterruptedException {
      if (!point.equals("before mkfs")) {
        assertThat(real.make(device, kind, uuid, options).done()).isTrue();
      }
      if (point.equals("after mkfs")) {
        run("dd", "if=/dev/zero", "of=" + device.node(), "bs=4k", "count=1", "conv=fsync");
      }
      throw new IllegalStateException(point);
    }

    @Override
    public Outcome growUnmounted(BlockDevice device, FileSystemKind kind) {
      throw new AssertionError();
    }

    @Override
    public CheckResult check(BlockDevice device, FileSystemKind kind) {
      throw new AssertionError();
    }

    @Override
    public CheckResult diagnose(BlockDevice device, FileSystemKind kind) {
      throw new AssertionError();
    }

    @Override
    public Outcome grow(BlockDevice device, FileSystemKind kind, Path mountedAt) {
      throw new AssertionError();
    }
  }

  @Test
  void ofTwoVolumesThatNameOneDiskOnlyOneGetsIt() throws Exception {
    var disk = disks.disk(64 * MIB);
    var link = Files.createSymbolicLink(disks.directory().resolve("by-id"), disk.device());
    var volumes = Stream.generate(UUID::randomUUID).limit(6).toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var found = new ArrayList<Future<Prepared>>();
      for (var volume : volumes) {
        var path = found.size() % 2 == 0 ? link : disk.device();
        var request =
            scene
                .request(volume, path, FileSystemKind.EXT4)
                .othersFileSystems(
                    uuid ->
                        !uuid.equals(volume.toString()) && volumes.contains(UUID.fromString(uuid)));
        found.add(threads.submit(() -> scene.prepare(request)));
      }
      var ready = 0;
      for (var each : found) {
        switch (each.get()) {
          case Ready(_, _, var origin) -> {
            assertThat(origin).isEqualTo(Origin.FORMATTED);
            ready++;
          }
          case Refused refused -> assertThat(refused.reason()).isIn(Reason.IN_USE, Reason.OWNED);
          case Unfinished unfinished -> throw new AssertionError(unfinished);
        }
      }
      assertThat(ready).isEqualTo(1);
    }
  }

  @Test
  void aMissingMkfsIsToldAndTheDiskStaysFitForLater() throws Exception {
    var disk = disks.disk(64 * MIB);
    scene.parts().wrap("mkfs.ext4", "echo no room >&2; exit 1");
    assertThat(scene.prepare(scene.request(disk)))
        .isInstanceOfSatisfying(
            Unfinished.class,
            unfinished -> assertThat(unfinished.outcome().text()).contains("no room"));
    scene.parts().unwrap("mkfs.ext4");
    assertFormatted(scene.prepare(scene.request(disk)));
  }

  @Test
  void aReadOnlyVolumeOnABlankDiskIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    assertRefused(scene.prepare(scene.request(disk).onlyToRead()), Reason.READ_ONLY);
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

    var holder =
        new ProcessBuilder(
                "perl",
                "-e",
                "sysopen(F, $ARGV[0], 0200) or die; $| = 1; print qq(held\n); <STDIN>",
                disk.device().toString())
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("held");
      assertNotReady(
          scene.prepare(scene.request(disk).saying(word(disk))), Reason.IN_USE, "exclusively");
    } finally {
      holder.getOutputStream().close();
      holder.waitFor();
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
