package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
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
import dev.berth.node.disk.DiskPreparation.Request;
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
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskPreparationTest {
  private static final long MIB = 1 << 20;
  private static final UUID VOLUME = UUID.fromString("7f3e1c02-9a4b-4c5d-8e6f-001122334455");
  private static final UUID OTHER = UUID.fromString("11111111-9a4b-4c5d-8e6f-001122334455");

  private static final FormatAnyway NOTHING_SAID =
      new FormatAnyway("pv", Optional.empty(), device -> Optional.empty());

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  /** As after a restart: only what lies on disk is known. */
  private void restart() throws IOException {
    wire();
  }

  private Request request(UUID volume, Path path, FileSystemKind kind) throws IOException {
    return new Request(
        volume,
        parts.device(path),
        kind,
        0,
        0,
        Optional.empty(),
        false,
        uuid -> Optional.empty(),
        m -> false,
        NOTHING_SAID,
        Map.of());
  }

  private Request request(LoopDisk disk) throws IOException {
    return request(VOLUME, disk.device(), FileSystemKind.EXT4);
  }

  private static Request recorded(Request of, String uuid) {
    return new Request(
        of.volume(),
        of.device(),
        of.kind(),
        of.minimumBytes(),
        of.generation(),
        Optional.of(uuid),
        of.readOnly(),
        of.ownerOf(),
        of.ours(),
        of.anyway(),
        of.options());
  }

  private static Request generation(Request of, long generation) {
    return new Request(
        of.volume(),
        of.device(),
        of.kind(),
        of.minimumBytes(),
        generation,
        Optional.empty(),
        of.readOnly(),
        of.ownerOf(),
        of.ours(),
        of.anyway(),
        of.options());
  }

  private Prepared prepare(Request request) throws Exception {
    return parts.preparation().prepare(request);
  }

  private static void assertReady(Prepared prepared, String uuid, Origin origin) {
    assertThat(prepared)
        .isInstanceOfSatisfying(
            Ready.class,
            ready -> {
              assertThat(ready.uuid()).isEqualTo(uuid);
              assertThat(ready.origin()).isEqualTo(origin);
            });
  }

  private static void assertRefused(Prepared prepared, Reason reason, String... words) {
    assertThat(prepared)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).as(refused.message()).isEqualTo(reason);
              for (var word : words) {
                assertThat(refused.message()).contains(word);
              }
            });
  }

  @ParameterizedTest
  @EnumSource
  void aBlankDiskIsFormattedOnceAndKnownFromThenOn(FileSystemKind kind) throws Exception {
    var disk = disks.disk(400 * MIB);
    var request = request(VOLUME, disk.device(), kind);

    assertReady(prepare(request), VOLUME.toString(), Origin.FORMATTED);
    restart();
    assertReady(prepare(request), VOLUME.toString(), Origin.FORMATTED);
    assertReady(prepare(recorded(request, VOLUME.toString())), VOLUME.toString(), Origin.OWN);
  }

  @Test
  void aFormattedVolumeIsNeverFormattedAgain() throws Exception {
    var disk = disks.disk(64 * MIB);
    prepare(request(disk));
    run("blkdiscard", "-f", "-z", disk.device().toString());

    assertRefused(prepare(request(disk)), Reason.LOST, "not formatted again", VOLUME.toString());
    var swapped = disks.disk(64 * MIB);
    assertRefused(
        prepare(recorded(request(swapped), OTHER.toString())), Reason.LOST, OTHER.toString());
    assertThat(parts.fileSystems().probe(parts.device(swapped.device())))
        .isEqualTo(new ProbeResult.Nothing());
  }

  @Test
  void afterAWipeTheVolumesNextLifeIsFormattedAgain() throws Exception {
    var disk = disks.disk(64 * MIB);
    prepare(request(disk));
    var device = parts.device(disk.device());
    assertThat(parts.wipe().wipe(device, 41, WipeMethod.ZERO, DiskWipe.Progress.NONE).done())
        .isTrue();

    assertRefused(prepare(request(disk)), Reason.LOST);
    assertReady(prepare(generation(request(disk), 41)), VOLUME.toString(), Origin.FORMATTED);
    run("blkdiscard", "-f", "-z", disk.device().toString());
    assertRefused(prepare(generation(request(disk), 41)), Reason.LOST);
  }

  @ParameterizedTest
  @EnumSource(
      value = WipeMethod.class,
      names = {"ZERO", "OVERWRITE"})
  void whatWasWrittenSinceAWipeThatLeftNothingIsNotFormattedOver(WipeMethod method)
      throws Exception {
    var disk = disks.disk(64 * MIB);
    prepare(request(disk));
    var device = parts.device(disk.device());
    assertThat(parts.wipe().wipe(device, 41, method, DiskWipe.Progress.NONE).done()).isTrue();
    run("sh", "-c", "tr '\\0' '\\377' < /dev/zero | dd bs=1M count=64 of=" + disk.device());

    assertRefused(
        prepare(generation(request(disk), 41)), Reason.NOT_BLANK, "data of no known kind");
    run("blkdiscard", "-f", "-z", disk.device().toString());
    assertReady(prepare(generation(request(disk), 41)), VOLUME.toString(), Origin.FORMATTED);
  }

  @Test
  void anotherDiskThanTheRecordedOneIsRefusedByName() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device().toString());

    assertRefused(
        prepare(recorded(request(disk), VOLUME.toString())),
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
    var plain = request(disk);

    assertReady(prepare(plain), OTHER.toString(), Origin.ADOPTED);
    var owned =
        new Request(
            VOLUME,
            parts.device(disk.device()),
            FileSystemKind.EXT4,
            0,
            0,
            Optional.empty(),
            false,
            uuid -> uuid.equals(OTHER.toString()) ? Optional.of("pv-other") : Optional.empty(),
            mount -> false,
            NOTHING_SAID,
            Map.of());
    assertRefused(prepare(owned), Reason.OWNED, "pv-other");
    var large =
        new Request(
            VOLUME,
            parts.device(disk.device()),
            FileSystemKind.EXT4,
            65 * MIB,
            0,
            Optional.empty(),
            false,
            uuid -> Optional.empty(),
            mount -> false,
            NOTHING_SAID,
            Map.of());
    assertRefused(prepare(large), Reason.TOO_SMALL);
  }

  @Test
  void whateverElseIsThereIsReportedAndLeftAsItIs() throws Exception {
    var xfs = disks.disk(320 * MIB);
    run("mkfs.xfs", "-q", xfs.device().toString());
    assertRefused(prepare(request(xfs)), Reason.OTHER_TYPE, "xfs", "expected ext4");

    var swap = disks.disk(64 * MIB);
    run("mkswap", swap.device().toString());
    assertRefused(prepare(request(swap)), Reason.OTHER_TYPE, "swap");

    var table = disks.image(64 * MIB);
    run("sh", "-c", "echo label: gpt | sfdisk -q " + table);
    assertRefused(
        prepare(request(disks.attach(table))), Reason.UNEXPECTED_CONTENT, "gpt", "not touched");

    var data = disks.image(64 * MIB);
    Files.writeString(data, "precious " + " ".repeat(100));
    run("truncate", "-s", "64M", data.toString());
    assertRefused(prepare(request(disks.attach(data))), Reason.NOT_BLANK, "data of no known kind");
    assertThat(Files.readString(data)).startsWith("precious");

    var mounted = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", mounted.device().toString());
    var target = disks.mount(mounted, "ext4", "mnt");
    assertRefused(prepare(request(mounted)), Reason.IN_USE, target.toString());
  }

  @Test
  void anUnreadableDiskIsNeverFormatted() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("truncate", "-s", "0", disk.image().toString());
    assertRefused(prepare(request(disk)), Reason.UNREADABLE);
    run("truncate", "-s", "32M", disk.image().toString());
    assertRefused(prepare(request(disk)), Reason.UNREADABLE, "not known to be blank");
  }

  /** Between the moment it was found and its examination, and with the same UUID. */
  @Test
  void aDeviceThatBecameAnotherOneSinceItWasFoundIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", VOLUME.toString(), disk.device().toString());
    var copy = disks.directory().resolve("copy.img");
    Files.copy(disk.image(), copy);
    var recorded = recorded(request(disk), VOLUME.toString());
    run("losetup", "-d", disk.device().toString());
    run("losetup", disk.device().toString(), copy.toString());

    assertRefused(prepare(recorded), Reason.UNREADABLE, "became another device");
    assertReady(prepare(recorded(request(disk), VOLUME.toString())), VOLUME.toString(), Origin.OWN);
  }

  /** A format killed at many moments, each followed by a restart that does it again. */
  @ParameterizedTest
  @EnumSource
  void aKilledFormatIsRecognisedAndRepeated(FileSystemKind kind) throws Exception {
    var cutShort = 0;
    for (var millis = 1; millis <= 13; millis += 2) {
      var disk = disks.disk(1024 * MIB);
      var volume = UUID.randomUUID();
      var request = request(volume, disk.device(), kind);
      parts.wrap(
          "mkfs." + kind.typeName(),
          "exec timeout -s KILL %.3f REAL \"$@\"".formatted(millis / 1000.0));
      if (prepare(request) instanceof Unfinished) {
        cutShort++;
      }
      restart();
      parts.unwrap("mkfs." + kind.typeName());
      // The killed program may hold the device for a moment longer: a refusal that passes.
      await()
          .pollDelay(Duration.ZERO)
          .untilAsserted(() -> assertReady(prepare(request), volume.toString(), Origin.FORMATTED));
      var device = parts.device(disk.device());
      assertThat(parts.fileSystems().diagnose(device, kind)).isEqualTo(new CheckResult.Clean());
      run("losetup", "-d", disk.device().toString());
    }
    assertThat(cutShort).as("formats that were really cut short").isPositive();
  }

  @Test
  void theDebrisOfAFormatIsTakenOnlyForItsOwnVolumeOnItsOwnDisk() throws Exception {
    var image = disks.image(64 * MIB);
    var disk = disks.attach(image);
    parts.wrap("mkfs.ext4", "echo debris | dd of=" + disk.device() + " conv=fsync,notrunc; exit 1");
    assertThat(prepare(request(disk))).isInstanceOf(Unfinished.class);
    parts.unwrap("mkfs.ext4");

    assertRefused(prepare(request(OTHER, disk.device(), FileSystemKind.EXT4)), Reason.NOT_BLANK);
    var copy = disks.directory().resolve("copy.img");
    Files.copy(image, copy);
    assertRefused(prepare(request(disks.attach(copy))), Reason.NOT_BLANK);
    run("mkswap", disk.device().toString());
    assertRefused(prepare(request(disk)), Reason.OTHER_TYPE, "swap");
    run("wipefs", "-aq", disk.device().toString());
    assertReady(prepare(request(disk)), VOLUME.toString(), Origin.FORMATTED);
  }

  /** The process dies between two steps of the protocol. */
  @ParameterizedTest
  @ValueSource(strings = {"before mkfs", "after mkfs", "before done"})
  void aCrashAtAnyStepIsGoneOnFrom(String point) throws Exception {
    var disk = disks.disk(64 * MIB);
    var crashing =
        new JournaledDiskPreparation(
            parts.devices(),
            new CrashingFileSystems(parts.fileSystems(), point),
            parts.proof(),
            parts.wipe(),
            parts.journal(),
            InstantSource.system());
    assertThatThrownBy(() -> crashing.prepare(request(disk))).hasMessage(point);
    restart();

    assertReady(prepare(request(disk)), VOLUME.toString(), Origin.FORMATTED);
    assertThat(parts.journal().of(VOLUME))
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
        var request =
            new Request(
                volume,
                parts.device(found.size() % 2 == 0 ? link : disk.device()),
                FileSystemKind.EXT4,
                0,
                0,
                Optional.empty(),
                false,
                uuid ->
                    volumes.stream()
                        .filter(other -> !other.equals(volume) && other.toString().equals(uuid))
                        .map(UUID::toString)
                        .findFirst(),
                mount -> false,
                NOTHING_SAID,
                Map.of());
        found.add(threads.submit(() -> prepare(request)));
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
    parts.wrap("mkfs.ext4", "echo no room >&2; exit 1");
    assertThat(prepare(request(disk)))
        .isInstanceOfSatisfying(
            Unfinished.class,
            unfinished -> assertThat(unfinished.outcome().text()).contains("no room"));
    parts.unwrap("mkfs.ext4");
    assertReady(prepare(request(disk)), VOLUME.toString(), Origin.FORMATTED);
  }

  @Test
  void aReadOnlyVolumeOnABlankDiskIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    var readOnly =
        new Request(
            VOLUME,
            parts.device(disk.device()),
            FileSystemKind.EXT4,
            0,
            0,
            Optional.empty(),
            true,
            uuid -> Optional.empty(),
            mount -> false,
            NOTHING_SAID,
            Map.of());

    assertRefused(prepare(readOnly), Reason.READ_ONLY);
  }

  private static Request saying(Request of, String word) {
    return new Request(
        of.volume(),
        of.device(),
        of.kind(),
        of.minimumBytes(),
        of.generation(),
        of.recordedUuid(),
        of.readOnly(),
        of.ownerOf(),
        of.ours(),
        new FormatAnyway("pv", Optional.of(word), of.anyway().diskOf()),
        of.options());
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
    assertThat(((Refused) prepare(request(disk))).message())
        .endsWith("To have this disk formatted once, which destroys what is on it: " + line);
    for (var wrong : List.of("", "yes", "67108865", Long.toString(64 * MIB), word(disk) + " ")) {
      assertThat(((Refused) prepare(saying(request(disk), wrong))).message())
          .contains("format-anyway=" + wrong + " does not name this disk")
          .endsWith("kubectl annotate --overwrite pv pv berth.dev/format-anyway=" + word(disk));
    }
    assertThat(bytes(disk)).isEqualTo(before);

    assertReady(prepare(saying(request(disk), word(disk))), VOLUME.toString(), Origin.FORMATTED);
    assertThat(parts.device(disk.device()).partitions()).isEmpty();
    assertThat(parts.journal().of(VOLUME).orElseThrow().anyway()).isEqualTo(word(disk));
    var target = disks.mount(disk, "ext4", "mnt");
    assertThat(target).isDirectoryContaining("glob:**/lost+found");
  }

  @Test
  void theWordIsGoodForOneFormat() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    prepare(saying(request(disk), word(disk)));
    run("mkfs.ext2", disk.device().toString());
    restart();
    assertNotReady(prepare(saying(request(disk), word(disk))), Reason.OTHER_TYPE, "ext2");
    var recorded = recorded(saying(request(disk), word(disk)), VOLUME.toString());
    assertNotReady(prepare(recorded), Reason.WRONG_DISK);
  }

  @Test
  void theWordHitsNoDiskThatItDoesNotName() throws Exception {
    var small = Content.RAW_DATA.on(disks);
    var large = disks.disk(64 * MIB);
    run("mkfs.ext2", large.device().toString());
    assertRefused(prepare(saying(request(large), word(small))), Reason.OTHER_TYPE, "does not name");
    assertReady(prepare(saying(request(small), word(small))), VOLUME.toString(), Origin.FORMATTED);
  }

  @Test
  void aMountedOrHeldDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    var target = disks.mount(disk, "ext4", "mnt");
    assertNotReady(prepare(saying(request(disk), word(disk))), Reason.IN_USE, target.toString());
    run("umount", target.toString());

    var onTop = disks.attach(disk.device());
    assertNotReady(prepare(saying(request(disk), word(disk))), Reason.IN_USE, onTop.kernelName());
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
      assertNotReady(prepare(saying(request(disk), word(disk))), Reason.IN_USE, "exclusively");
    } finally {
      holder.getOutputStream().close();
      holder.waitFor();
    }
    assertThat(parts.fileSystems().probe(parts.device(disk.device())))
        .isInstanceOfSatisfying(
            ProbeResult.Content.class, found -> assertThat(found.type()).isEqualTo("ext2"));
  }

  @Test
  void anUnreadableDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    try (var image = new RandomAccessFile(disk.image().toFile(), "rw")) {
      image.setLength(32 * MIB);
    }
    assertNotReady(prepare(saying(request(disk), word(disk))), Reason.UNREADABLE);
  }

  @Test
  void aDiskThatIsTooSmallIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.OTHER_TYPE.on(disks);
    var of = saying(request(disk), word(disk));
    var large =
        new Request(
            of.volume(),
            of.device(),
            of.kind(),
            65 * MIB,
            0,
            of.recordedUuid(),
            false,
            of.ownerOf(),
            of.ours(),
            of.anyway(),
            of.options());
    assertNotReady(prepare(large), Reason.TOO_SMALL);
  }

  @Test
  void theDiskOfAnotherVolumeIsNotFormattedOnAnyWord() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device().toString());
    var xfs = saying(request(VOLUME, disk.device(), FileSystemKind.XFS), word(disk));
    assertNotReady(
        prepare(owned(xfs, uuid -> uuid.equals(OTHER.toString()), device -> false)),
        Reason.OWNED,
        "belongs to volume pv-other");
    var raw = Content.RAW_DATA.on(disks);
    assertNotReady(
        prepare(
            owned(
                saying(request(raw), word(raw)),
                uuid -> false,
                parts.device(raw.device()).identity()::sameDevice)),
        Reason.OWNED,
        "belongs to volume pv-other");
  }

  @Test
  void aDiskWithAPartitionOfAnotherVolumeIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.PARTITIONS.on(disks);
    run("mkfs.ext4", "-q", "-U", OTHER.toString(), disk.device() + "p1");
    assertNotReady(
        prepare(
            owned(
                saying(request(disk), word(disk)),
                uuid -> uuid.equals(OTHER.toString()),
                device -> false)),
        Reason.OWNED,
        "belongs to volume pv-other");
  }

  @Test
  void aPartitionOfAnotherVolumesDiskIsNotFormattedOnAnyWord() throws Exception {
    var disk = Content.PARTITIONS.on(disks);
    var whole = parts.device(disk.device()).identity();
    var part = Path.of(disk.device() + "p1");
    run("mkfs.ext2", "-q", part.toString());
    var word = FormatAnyway.nameOf(parts.device(part).identity());
    assertNotReady(
        prepare(
            owned(
                saying(request(VOLUME, part, FileSystemKind.EXT4), word),
                uuid -> false,
                whole::sameDevice)),
        Reason.OWNED,
        "belongs to volume pv-other");
    assertReady(
        prepare(saying(request(VOLUME, part, FileSystemKind.EXT4), word)),
        VOLUME.toString(),
        Origin.FORMATTED);
  }

  private static Request owned(
      Request of, Predicate<String> uuids, Predicate<DeviceIdentity> devices) {
    return new Request(
        of.volume(),
        of.device(),
        of.kind(),
        0,
        0,
        of.recordedUuid(),
        false,
        uuid -> uuids.test(uuid) ? Optional.of("pv-other") : Optional.empty(),
        of.ours(),
        new FormatAnyway(
            "pv",
            of.anyway().word(),
            device -> devices.test(device) ? Optional.of("pv-other") : Optional.empty()),
        of.options());
  }

  @ParameterizedTest
  @EnumSource
  void aFormatOnAWordThatWasKilledGoesOnWithTheWordAndNotWithoutIt(Content content)
      throws Exception {
    var disk = content.on(disks);
    var before = bytes(disk);
    parts.wrap("wipefs", "case \"$*\" in *--all*) exit 1;; esac; REAL \"$@\"");
    assertThat(prepare(saying(request(disk), word(disk)))).isInstanceOf(Unfinished.class);
    parts.unwrap("wipefs");
    restart();
    assertThat(prepare(request(disk))).isInstanceOf(Refused.class);
    assertThat(bytes(disk)).isEqualTo(before);
    assertReady(prepare(saying(request(disk), word(disk))), VOLUME.toString(), Origin.FORMATTED);
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
