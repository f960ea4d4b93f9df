package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.RunningChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** Two volumes that name one disk, whose pods come at once: never does it serve both. */
class OneDiskTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final Gate children = new Gate(NodeWorld.children());
  private NodeWorld world;

  /** Programs of one name wait until they may begin. */
  private static final class Gate implements ChildProcesses {
    private final ChildProcesses real;
    private final CountDownLatch open = new CountDownLatch(1);
    private final CountDownLatch reached = new CountDownLatch(1);
    private volatile String tool = "";

    Gate(ChildProcesses real) {
      this.real = real;
    }

    @Override
    public RunningChild start(ChildCommand command) throws InterruptedException {
      if (command.tool().equals(tool)) {
        reached.countDown();
        open.await();
      }
      return real.start(command);
    }

    @Override
    public Optional<Path> locate(String program) {
      return real.locate(program);
    }

    @Override
    public PipedChild pipe(ChildCommand command) throws IOException, InterruptedException {
      return real.pipe(command);
    }
  }

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, new FakeContainers(), children);
    world.start();
  }

  @AfterEach
  void end() {
    children.open.countDown();
    world.close();
  }

  /**
   * @param tool before which the first volume's preparation waits until the second's was tried
   */
  private void both(LoopDisks.LoopDisk disk, String tool, String secondMode) throws Exception {
    children.tool = tool;
    claimed("first", disk.device(), "Filesystem");
    // By another path.
    var link = Files.createSymbolicLink(disks.directory("links").resolve("disk"), disk.device());
    claimed("second", link, secondMode);
    pod("first", "Filesystem");
    children.reached.await();
    pod("second", secondMode);
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains("volume second: ")));
    assertThat(world.phase("second")).isEqualTo("Pending");
    children.open.countDown();
    eventually(() -> assertThat(world.phase("first")).isEqualTo("Running"));
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains("second", "in use", "/first")));
    assertThat(world.phase("second")).isEqualTo("Pending");
  }

  private void claimed(String name, Path device, String mode) {
    world.volume(name, device, 16 * MIB, spec -> spec.put("volumeMode", mode));
    world.create(
        ResourceTypes.CLAIM,
        json(
            """
            {'metadata':{'name':'%s'},'spec':{'accessModes':['ReadWriteOnce'],
              'storageClassName':'local-storage','volumeMode':'%s',
              'resources':{'requests':{'storage':'1Mi'}}}}"""
                .formatted(name, mode)));
    world.bind(name, name);
  }

  private void pod(String name, String mode) {
    world.pod(
        name,
        name,
        spec -> {
          if (mode.equals("Block")) {
            var main = (ObjectNode) spec.at("/containers/0");
            main.remove("volumeMounts");
            main.putArray("volumeDevices").addObject().put("name", "data").put("devicePath", "/d");
          }
        });
  }

  @Test
  void aBlankDiskIsFormattedForOne() throws Exception {
    both(disks.disk(32 * MIB), "mkfs.ext4", "Filesystem");
  }

  @Test
  void ofManyThatComeAtOnceOneGetsIt() throws Exception {
    var disk = disks.disk(32 * MIB);
    for (var i = 0; i < 6; i++) {
      claimed("v" + i, disk.device(), i % 3 == 2 ? "Block" : "Filesystem");
    }
    for (var i = 0; i < 6; i++) {
      pod("v" + i, i % 3 == 2 ? "Block" : "Filesystem");
    }
    eventually(
        () ->
            assertThat(
                    world.messages("FailedMount", "FailedMountOnFilesystemMismatch").stream()
                        .map(message -> message.substring(0, "volume v0".length()))
                        .distinct())
                .hasSize(5));
    eventually(() -> assertThat(phases()).containsOnlyOnce("Running"));
  }

  private List<String> phases() {
    return IntStream.range(0, 6).mapToObj(i -> world.phase("v" + i)).toList();
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
