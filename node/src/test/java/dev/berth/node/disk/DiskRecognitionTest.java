package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static dev.berth.node.disk.PreparationScene.MIB;
import static dev.berth.node.disk.PreparationScene.OTHER;
import static dev.berth.node.disk.PreparationScene.VOLUME;
import static dev.berth.node.disk.PreparationScene.assertReady;
import static dev.berth.node.disk.PreparationScene.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.DiskPreparation.Origin;
import dev.berth.node.disk.DiskPreparation.Reason;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is on a disk decides whether a volume may have it. */
class DiskRecognitionTest {
  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private PreparationScene scene;

  @BeforeEach
  void wire() throws IOException {
    scene = new PreparationScene(disks);
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

  @Test
  void aReadOnlyVolumeOnABlankDiskIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    assertRefused(scene.prepare(scene.request(disk).onlyToRead()), Reason.READ_ONLY);
  }
}
