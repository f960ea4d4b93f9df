package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.node.DiskReport;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a node says of its disks: real loop disks. */
class DiskSurveyTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private NodeWorld world;
  private NodeAgent node;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, new FakeContainers());
    node = world.start();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private DiskReport report(LoopDisk disk) throws Exception {
    return node.storage().disks().stream()
        .filter(report -> report.device().equals(disk.device().toString()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aBlankDiskCouldBeUsedAndIsNotTouched() throws Exception {
    var disk = disks.disk(64 * MIB);
    var report = report(disk);
    assertThat(report.usable()).isTrue();
    assertThat(report.reason()).contains("blank", "formatted");
    assertThat(report.content()).isEqualTo("no signature");
    assertThat(report.sizeBytes()).isEqualTo(64 * MIB);
    assertThat(report.serial()).isEqualTo(disk.image().toString());
    assertThat(report.usedBy()).isEmpty();
    assertThat(run("cmp", "-n", Long.toString(64 * MIB), "/dev/zero", disk.image().toString()))
        .isEmpty();
  }

  @Test
  void aFileSystemWouldBeTakenOverAndAnythingElseIsRefusedByName() throws Exception {
    var ext4 = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", ext4.device().toString());
    assertThat(report(ext4).usable()).isTrue();
    assertThat(report(ext4).reason()).contains("fsType ext4", "not be formatted");
    var swap = disks.disk(64 * MIB);
    run("mkswap", swap.device().toString());
    assertThat(report(swap).usable()).isFalse();
    assertThat(report(swap).reason()).contains("swap");
    var data = disks.disk(64 * MIB);
    Files.writeString(data.image(), "x".repeat((int) MIB));
    run("truncate", "-s", "64M", data.image().toString());
    assertThat(report(data).usable()).isFalse();
    assertThat(report(data).reason()).contains("data");
  }

  @Test
  void whoUsesADiskIsNamed() throws Exception {
    var mounted = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", mounted.device().toString());
    var target = disks.mount(mounted, "ext4", "elsewhere");
    assertThat(report(mounted).usable()).isFalse();
    assertThat(report(mounted).usedBy()).containsExactly("mounted at " + target);

    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    assertThat(report(disk).usedBy()).containsExactly("volume pv-1");
    assertThat(report(disk).reason()).contains("volume pv-1");
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    assertThat(report(disk).usedBy())
        .contains("volume pv-1 of claim default/claim")
        .anySatisfy(use -> assertThat(use).startsWith("mounted at " + world.root()));
  }

  @Test
  void aDiskIsKnownByItsVolumesFileSystemWhereverItIsNow() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    world.deletePod("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
    run("losetup", "-d", disk.device().toString());
    disks.disk(64 * MIB);
    var moved = disks.attach(disk.image());
    assertThat(report(moved).usedBy()).contains("volume pv-1 of claim default/claim");
    assertThat(report(moved).usable()).isFalse();
  }

  @Test
  void aDiskInThePlaceOfAVolumesIsNotTakenForIt() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    assertThat(report(disk).reason()).contains("it is the disk of volume pv-1");
    world.deletePod("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());

    // The kernel lets go of the disk a moment after its mount has left the table.
    eventually(() -> run("mkfs.ext4", "-q", "-F", disk.device().toString()));

    assertThat(report(disk).reason())
        .contains("it is at the path of volume pv-1", "whose file system is another: UUID ");
    assertThat(report(disk).usable()).isFalse();
  }
}
