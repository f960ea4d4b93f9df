package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How the class of a volume says that its file system is to be made: real tools make and read it.
 */
class DiskFormatPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, new FakeContainers());
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  /** Runs a pod on a blank disk of a class with these parameters. */
  private LoopDisks.LoopDisk used(String fsType, String parameters) {
    world.create(
        ResourceTypes.CLASS,
        NodeWorld.json(
            """
            {'metadata': {'name': 'local-storage'}, 'provisioner': 'kubernetes.io/no-provisioner',
              'parameters': {%s}}"""
                .formatted(parameters)));
    var disk = disks.disk(320 * MIB);
    world.volume(
        "pv-1", disk.device(), 320 * MIB, spec -> spec.withObject("local").put("fsType", fsType));
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    return disk;
  }

  @Test
  void ext4() {
    var disk =
        used(
            "ext4",
            """
            'berth.dev/ext4-inode-size': '512', 'berth.dev/ext4-bytes-per-inode': '65536',
            'berth.dev/ext4-reserved-percent': '10', 'berth.dev/ext4-block-size': '2048',
            'berth.dev/xfs-inode-size': '1024', 'berth.dev/wipe': 'discard'""");
    var said = LoopDisks.run("dumpe2fs", "-h", disk.device().toString());
    assertThat(said)
        .containsPattern("Inode size:\\s+512")
        .containsPattern("Inode count:\\s+5120")
        .containsPattern("Block size:\\s+2048")
        .containsPattern("Block count:\\s+163840")
        .containsPattern("Reserved block count:\\s+16384");
  }

  @Test
  void xfs() {
    used("xfs", "'berth.dev/xfs-inode-size': '1024', 'berth.dev/xfs-max-inode-percent': '40'");
    var said =
        LoopDisks.run("xfs_info", world.mountOf(world.pod("p").orElseThrow(), "pv-1").toString());
    assertThat(said).contains("isize=1024", "imaxpct=40");
  }

  @Test
  void btrfs() {
    var disk =
        used(
            "btrfs",
            "'berth.dev/btrfs-node-size': '32768', 'berth.dev/btrfs-metadata-copies': '1'");
    var said = LoopDisks.run("btrfs", "inspect-internal", "dump-super", disk.device().toString());
    assertThat(said).containsPattern("nodesize\\s+32768");
    var mount = world.mountOf(world.pod("p").orElseThrow(), "pv-1").toString();
    assertThat(LoopDisks.run("btrfs", "filesystem", "df", mount)).contains("Metadata, single");
  }
}
