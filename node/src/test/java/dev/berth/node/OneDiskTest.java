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

/** Two volumes that name one disk, whose pods come at once: never does it serve both. */
class OneDiskTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final ChildGate children = new ChildGate();
  private NodeWorld world;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, new FakeContainers(), children);
    world.start();
  }

  @AfterEach
  void end() {
    children.open();
    world.close();
  }

  /**
   * @param tool before which the first volume's preparation waits until the second's was tried
   */
  private void both(LoopDisks.LoopDisk disk, String tool, String secondMode) throws Exception {
    children.close(tool);
    claimed("first", disk.device(), "Filesystem");
    // By another path.
    var link = Files.createSymbolicLink(disks.directory("links").resolve("disk"), disk.device());
    claimed("second", link, secondMode);
    pod("first", "Filesystem");
    children.awaitOne();
    pod("second", secondMode);
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains("volume second: ")));
    assertThat(world.phase("second")).isEqualTo("Pending");
    children.open();
    eventually(() -> assertThat(world.phase("first")).isEqualTo("Running"));
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains("second", "in use", "/first")));
    assertThat(world.phase("second")).isEqualTo("Pending");
  }

  private void claimed(String name, Path device, String mode) {
    world.volume(name, device, 16 * MIB, spec -> spec.put("volumeMode", mode));
    world.boundClaim(name, name, mode);
  }

  private void pod(String name, String mode) {
    world.pod(name, name, mode.equals("Block") ? NodeWorld::asDevice : spec -> {});
  }

  @Test
  void aBlankDiskIsFormattedForOne() throws Exception {
    both(disks.disk(32 * MIB), "mkfs.ext4", "Filesystem");
  }

  @Test
  void aRawDeviceIsNotGivenOutWhileItIsFormatted() throws Exception {
    both(disks.disk(32 * MIB), "mkfs.ext4", "Block");
  }

  @Test
  void aRawDeviceIsNotGivenOutBeforeWhatIsOnItIsMounted() throws Exception {
    both(withFileSystem(), "e2fsck", "Block");
  }

  @Test
  void aFileSystemIsAdoptedForOne() throws Exception {
    both(withFileSystem(), "e2fsck", "Filesystem");
  }

  @Test
  void aRawDeviceThatIsOpenedExclusivelyIsNotGivenOut() throws Exception {
    var disk = disks.disk(32 * MIB);
    claimed("second", disk.device(), "Block");
    try (var _ = LoopDisks.hold(disk)) {
      pod("second", "Block");
      eventually(
          () ->
              assertThat(world.messages("FailedMount"))
                  .anySatisfy(message -> assertThat(message).contains("opened exclusively")));
      assertThat(world.phase("second")).isEqualTo("Pending");
    }
    eventually(() -> assertThat(world.phase("second")).isEqualTo("Running"));
  }

  @Test
  void aRawDiskThatHasGrownIsStillItsVolumes() throws Exception {
    var disk = disks.disk(32 * MIB);
    claimed("second", disk.device(), "Block");
    pod("second", "Block");
    eventually(() -> assertThat(world.phase("second")).isEqualTo("Running"));
    world.deletePod("second");
    eventually(() -> assertThat(world.phase("second")).isEqualTo("gone"));
    LoopDisks.run("truncate", "--size", "64M", disk.image().toString());
    LoopDisks.run("losetup", "--set-capacity", disk.device().toString());
    claimed("first", disk.device(), "Filesystem");
    pod("first", "Filesystem");
    eventually(
        () ->
            assertThat(world.messages("FailedMountOnFilesystemMismatch"))
                .anySatisfy(
                    message ->
                        assertThat(message).contains("first", "raw device of another volume")));
    assertThat(world.phase("first")).isEqualTo("Pending");
  }

  /** Nothing on the whole disk says that there are file systems of others on its parts. */
  @Test
  void aDiskIsNotGivenOutRawWhenAPartOfItIsAnothers() throws Exception {
    var disk = disks.disk(64 * MIB);
    LoopDisks.run(
        "sh",
        "-c",
        "echo 'label: gpt\n,,L' | sfdisk --quiet --no-tell-kernel \"$1\"",
        "sh",
        disk.device().toString());
    LoopDisks.run("partx", "--update", disk.device().toString());
    var part = Path.of(disk.device() + "p1");
    claimed("first", part, "Filesystem");
    pod("first", "Filesystem");
    eventually(() -> assertThat(world.phase("first")).isEqualTo("Running"));
    world.deletePod("first");
    eventually(() -> assertThat(world.mounts()).isEmpty());
    claimed("second", disk.device(), "Block");
    pod("second", "Block");
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(
                    message ->
                        assertThat(message).contains("second", "of another volume of this")));
    assertThat(world.phase("second")).isEqualTo("Pending");
  }

  private LoopDisks.LoopDisk withFileSystem() {
    var disk = disks.disk(32 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    return disk;
  }
}
