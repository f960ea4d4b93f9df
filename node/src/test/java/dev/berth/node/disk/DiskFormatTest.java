package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static dev.berth.node.disk.PreparationScene.MIB;
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
import dev.berth.node.disk.DiskPreparation.Prepared.Unfinished;
import dev.berth.node.disk.DiskPreparation.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A volume's disk is formatted once, whatever is killed meanwhile. */
class DiskFormatTest {
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
}
