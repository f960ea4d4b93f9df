package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.observe.Meters;
import dev.berth.node.linux.SystemChildProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FileSystemsTest {
  private static final long MIB = 1 << 20;
  private static final UUID VOLUME = UUID.fromString("7f3e1c02-9a4b-4c5d-8e6f-001122334455");

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  @ParameterizedTest
  @EnumSource
  void isMadeWithItsUuidCheckedMountedAndGrown(FileSystemKind kind) throws Exception {
    var disk = disks.disk(320 * MIB);
    var device = parts.device(disk.device());

    assertThat(parts.fileSystems().probe(device)).isEqualTo(new ProbeResult.Nothing());
    assertThat(parts.fileSystems().make(device, kind, VOLUME, Map.of()))
        .isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.fileSystems().probe(device))
        .isEqualTo(new ProbeResult.Content(kind.typeName(), VOLUME.toString(), ""));
    assertThat(parts.fileSystems().check(device, kind)).isEqualTo(new CheckResult.Clean());
    assertThat(parts.fileSystems().diagnose(device, kind)).isEqualTo(new CheckResult.Clean());

    var target = disks.directory("mnt");
    var request =
        new Mounter.Request(kind.typeName(), disk.device().toString(), target, List.of("noatime"));
    assertThat(parts.mounter().mount(request)).isEqualTo(Outcome.Done.PLAIN);
    var entry = parts.mounts().read().at(target).orElseThrow();
    assertThat(entry.type()).isEqualTo(kind.typeName());
    assertThat(entry.options()).contains("noatime");
    Files.writeString(target.resolve("data"), "kept");

    var before = target.toFile().getTotalSpace();
    run("truncate", "-s", "512M", disk.image().toString());
    run("losetup", "--set-capacity", disk.device().toString());
    var grown = parts.device(disk.device());
    var growth = parts.fileSystems().grow(grown, kind, target);
    if (kind == FileSystemKind.EXT4 && !maySetResources()) {
      // ext4 asks for this capability, which root lacks in some containers.
      assertThat(growth.text()).contains("growing the file system on", "Permission denied");
    } else {
      assertThat(growth.done()).as(growth.text()).isTrue();
      assertThat(target.toFile().getTotalSpace()).isGreaterThan(before + 100 * MIB);
    }
    assertThat(target.resolve("data")).hasContent("kept");

    assertThat(parts.mounter().unmount(target)).isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.mounter().unmount(target)).isEqualTo(Outcome.Done.PLAIN);
    assertThat(parts.mounts().read().at(target)).isEmpty();
  }

  @Test
  void theUuidsOfManyAreReadTogetherAndOnlyThoseOfTheExpectedKind() throws Exception {
    var expected = new LinkedHashMap<BlockDevice, FileSystemKind>();
    var made = new HashMap<BlockDevice, String>();
    for (var kind : FileSystemKind.values()) {
      var device = parts.device(disks.disk(320 * MIB).device());
      var uuid = UUID.randomUUID();
      assertThat(parts.fileSystems().make(device, kind, uuid, Map.of()).done()).isTrue();
      expected.put(device, kind);
      made.put(device, uuid.toString());
    }
    var blank = parts.device(disks.disk(64 * MIB).device());
    expected.put(blank, FileSystemKind.EXT4);
    var otherKind = parts.device(disks.disk(64 * MIB).device());
    run("mkfs.ext4", "-q", otherKind.node().toString());
    expected.put(otherKind, FileSystemKind.XFS);
    var last = parts.device(disks.disk(64 * MIB).device());
    run("mkfs.ext4", "-q", "-U", VOLUME.toString(), last.node().toString());
    expected.put(last, FileSystemKind.EXT4);
    made.put(last, VOLUME.toString());

    assertThat(parts.fileSystems().uuids(expected)).isEqualTo(made);
  }

  /** Whether this process has CAP_SYS_RESOURCE. */
  private static boolean maySetResources() throws IOException {
    var effective =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("CapEff:"))
            .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElseThrow();
    return (effective >> 24 & 1) != 0;
  }

  @ParameterizedTest
  @EnumSource
  void aMissingProgramIsNamedWithItsPackage(FileSystemKind kind) throws Exception {
    var none = new SystemChildProcesses.Limits(List.of(), 4, Duration.ZERO, Duration.ZERO);
    var without =
        new ProgramFileSystems(
            new SystemChildProcesses(none, Meters.none()), DiskDeadlines.DEFAULT);
    var device = parts.device(disks.disk(16 * MIB).device());
    var debianPackage =
        switch (kind) {
          case EXT4 -> "e2fsprogs";
          case XFS -> "xfsprogs";
          case BTRFS -> "btrfs-progs";
        };

    assertThat(without.make(device, kind, VOLUME, Map.of()))
        .isInstanceOfSatisfying(
            Outcome.ToolMissing.class,
            missing ->
                assertThat(missing.message())
                    .contains(
                        "formatting " + device,
                        "mkfs." + kind.typeName(),
                        "apt-get install " + debianPackage));
  }

  @Test
  void whatTheToolSaysIsInTheMessage() throws Exception {
    var device = parts.device(disks.disk(MIB).device());

    assertThat(parts.fileSystems().make(device, FileSystemKind.XFS, VOLUME, Map.of()))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed ->
                assertThat(failed.message())
                    .contains("formatting " + device, "mkfs.xfs ended with 1", "size"));
  }

  @Test
  void aMakeIsBelievedOnlyWhenItsUuidIsReadBack() throws Exception {
    var device = parts.device(disks.disk(64 * MIB).device());
    parts.wrap("mkfs.ext4", "exit 0");

    assertThat(parts.fileSystems().make(device, FileSystemKind.EXT4, VOLUME, Map.of()))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.message()).contains("found no signature"));
  }

  @Test
  void damageThatCanBeRepairedIsAndOtherDamageRefuses() throws Exception {
    var disk = disks.disk(64 * MIB);
    var node = disk.device().toString();
    run("mkfs.ext4", "-q", node);
    var device = parts.device(disk.device());
    run("debugfs", "-w", "-R", "set_super_value free_blocks_count 7", node);
    run("debugfs", "-w", "-R", "set_super_value state 2", node);
    assertThat(parts.fileSystems().check(device, FileSystemKind.EXT4))
        .isInstanceOf(CheckResult.Repaired.class);
    assertThat(parts.fileSystems().check(device, FileSystemKind.EXT4))
        .isEqualTo(new CheckResult.Clean());

    run("debugfs", "-w", "-R", "clri <2>", node);
    run("debugfs", "-w", "-R", "set_super_value state 2", node);
    assertThat(parts.fileSystems().check(device, FileSystemKind.EXT4))
        .isInstanceOfSatisfying(
            CheckResult.Damaged.class,
            damaged -> assertThat(damaged.report()).contains("e2fsck ended with", "Root inode"));
  }

  @Test
  void anUnreadableDeviceIsNotTakenForAnEmptyOne() throws Exception {
    var disk = disks.disk(64 * MIB);
    var device = parts.device(disk.device());
    run("truncate", "-s", "0", disk.image().toString());
    run("blockdev", "--flushbufs", disk.device().toString());

    assertThat(parts.fileSystems().probe(device)).isInstanceOf(ProbeResult.Unreadable.class);
  }

  @Test
  void aMountThatFailsSaysWhy() throws Exception {
    var disk = disks.disk(64 * MIB);
    var target = disks.directory("mnt");
    var request = new Mounter.Request("ext4", disk.device().toString(), target, List.of());

    assertThat(parts.mounter().mount(request))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed ->
                assertThat(failed.message())
                    .contains(
                        "mounting " + disk.device() + " at " + target, "mount ended with 32"));
  }

  @Test
  void anUnmountOfWhatIsInUseFails() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", disk.device().toString());
    var target = disks.mount(disk, "ext4", "mnt");
    try (var file = Files.newBufferedWriter(target.resolve("open"))) {
      file.write("in use");
      assertThat(parts.mounter().unmount(target))
          .isInstanceOfSatisfying(
              Outcome.Failed.class, failed -> assertThat(failed.message()).contains("busy"));
    }
    assertThat(parts.mounter().unmount(target)).isEqualTo(Outcome.Done.PLAIN);
  }

  @Test
  void theMountTableIsBelievedMoreThanTheProgram() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", disk.device().toString());
    var target = disks.directory("mnt");
    var request = new Mounter.Request("ext4", disk.device().toString(), target, List.of());
    parts.wrap("mount", "REAL \"$@\"; echo complaint >&2; exit 16");
    assertThat(parts.mounter().mount(request).done()).isTrue();
    parts.wrap("umount", "REAL \"$@\"; kill -9 $$");
    assertThat(parts.mounter().unmount(target).done()).isTrue();
  }

  @Test
  void aMountThatHangsIsUncertainAndItsLateEffectIsInTheTable() throws Exception {
    var outer = disks.disk(128 * MIB);
    run("mkfs.ext4", "-q", outer.device().toString());
    var frozen = disks.mount(outer, "ext4", "frozen");
    var image = frozen.resolve("inner.img");
    run("truncate", "-s", "64M", image.toString());
    run("mkfs.ext4", "-q", image.toString());
    var inner = disks.attach(image);
    run("fsfreeze", "--freeze", frozen.toString());
    var target = disks.directory("mnt");
    var hasty =
        new ChildMounter(
            parts.children(),
            parts.mounts(),
            new DiskDeadlines(
                Duration.ofSeconds(1),
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1)));

    var outcome =
        hasty.mount(new Mounter.Request("ext4", inner.device().toString(), target, List.of()));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Uncertain.class,
            uncertain -> {
              assertThat(uncertain.late()).isTrue();
              assertThat(uncertain.message()).contains("may still take effect");
            });
    run("fsfreeze", "--unfreeze", frozen.toString());
    org.awaitility.Awaitility.await()
        .until(
            () ->
                parts.devices().use(parts.device(inner.device())).mounts().size() == 1
                    || !anyChildOn(inner.device()));
  }

  private static boolean anyChildOn(Path device) {
    return LoopDisks.say("pgrep", "-f", "mount.*" + device).code() == 0;
  }
}
