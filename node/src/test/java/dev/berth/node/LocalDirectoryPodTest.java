package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.LoopDisks;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Mounted directories as volumes of pods. */
class LocalDirectoryPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private NodeWorld world;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, new FakeContainers());
    world.start();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void remove(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  /** A new disk with a file system, always at the same place. */
  private Path mount() {
    var disk = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    return disks.mount(disk, "ext4", "place");
  }

  private Path record(String uid) {
    return world.root().resolve("plugins/kubernetes.io/local-volume/directories/" + uid + ".json");
  }

  @Test
  void aDeathBetweenTheMarkAndItsRecordIsMadeGoodAndAnotherDiskIsRefused() throws Exception {
    var place = mount();
    var volume = world.volume("pv", place, 32 * MIB);
    world.boundClaim("claim", "pv");
    var pod = world.pod("p", "claim");
    runs("p");
    Files.writeString(world.mountOf(pod, "pv").resolve("file"), "data");
    remove("p");
    world.stop();
    var record = record(volume.metadata().uid());
    Files.delete(record);

    world.start();
    var again = world.pod("q", "claim");
    runs("q");
    assertThat(world.mountOf(again, "pv").resolve("file")).hasContent("data");
    assertThat(record).exists();
    remove("q");

    LoopDisks.say("umount", place.toString());
    mount();
    world.pod("r", "claim");
    eventually(
        () ->
            assertThat(world.messages("FailedMountOnFilesystemMismatch"))
                .anySatisfy(why -> assertThat(why).contains("does not carry the volume's mark")));
  }
}
