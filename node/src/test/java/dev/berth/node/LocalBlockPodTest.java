package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.plugin.LocalVolumes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods on raw local block devices: real loop disks; containers only in name. */
class LocalBlockPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void claimed(String volume, Path device) {
    world.volume(volume, device, 16 * MIB, spec -> spec.put("volumeMode", "Block"));
    world.boundClaim("claim-" + volume, volume, "Block");
  }

  private Pod pod(String name, String volume) {
    return world.pod(name, "claim-" + volume, NodeWorld::asDevice);
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void removed(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
    assertThat(world.root().resolve("pods")).isEmptyDirectory();
    var places = world.paths().blockPlaces(LocalVolumes.NAME).toFile().list();
    assertThat(places == null ? new String[0] : places).isEmpty();
  }

  private void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(why)));
    assertThat(containers.started()).isEmpty();
  }

  private static Path place(NodeWorld world, String volume, Pod pod) {
    return world
        .root()
        .resolve(
            "plugins/kubernetes.io/local-volume/volumeDevices/%s/%s"
                .formatted(volume, pod.metadata().uid()));
  }

  /** How many loop devices hold devices of this node open. */
  private long locks() throws IOException {
    var count = 0;
    try (var loops = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (var loop : loops) {
        var backing = loop.resolve("loop/backing_file");
        if (Files.exists(backing)
            && Files.readString(backing).startsWith(world.root() + "/plugins")) {
          count++;
        }
      }
    }
    return count;
  }

  @Test
  void aPodGetsTheDeviceAsItIs() throws Exception {
    var disk = disks.disk(32 * MIB);
    claimed("pv-1", disk.device());
    var pod =
        world.pod(
            "p",
            "claim-pv-1",
            spec -> {
              NodeWorld.asDevice(spec);
              spec.withObject("securityContext").put("fsGroup", 4711);
            });
    runs("p");
    var place = place(world, "pv-1", pod);
    var device = containers.started().getFirst().devices().getFirst();
    assertThat(device.hostPath()).isEqualTo(place);
    assertThat(device.containerPath()).isEqualTo("/dev/xvda");
    assertThat(device.readOnly()).isFalse();
    assertThat(device.group()).isEqualTo(OptionalLong.of(4711));
    assertThat(NodeWorld.syscalls().status(place, true).represents())
        .isEqualTo(NodeWorld.syscalls().status(disk.device(), true).represents());
    assertThat(
            world
                .root()
                .resolve(
                    "pods/%s/volumeDevices/kubernetes.io~local-volume/pv-1"
                        .formatted(pod.metadata().uid())))
        .isSymbolicLink();
    assertThat(locks()).isOne();
    assertThat(world.volumesInUse()).containsExactly("kubernetes.io/local-volume/pv-1");
    try (var raw = new RandomAccessFile(place.toFile(), "rw")) {
      raw.write(new byte[] {1, 2, 3});
    }

    // A new process finds it, uses it, and takes it away.
    world.restart();
    containers.exit(pod.metadata().uid(), "main", 1);
    eventually(() -> assertThat(containers.started()).hasSize(2));
    assertThat(locks()).isOne();
    removed("p");
    assertThat(locks()).isZero();

    // Nothing was formatted, and the next pod meets the data.
    pod("q", "pv-1");
    runs("q");
    try (var raw = new RandomAccessFile(disk.device().toFile(), "r")) {
      assertThat(raw.read()).isOne();
      assertThat(raw.read()).isEqualTo(2);
    }
    removed("q");
  }

  @Test
  void placesThatNothingTellsOfAreTakenAwayAndThoseInUseAreNot() throws Exception {
    claimed("pv-1", disks.disk(32 * MIB).device());
    var pod = pod("p", "pv-1");
    runs("p");
    var place = place(world, "pv-1", pod);
    world.stop();
    var unmounted = Files.createFile(place.resolveSibling("gone-1"));
    var mounted = Files.createFile(place.resolveSibling("gone-2"));
    run("mount", "--bind", "/dev/null", mounted.toString());
    var record =
        world
            .root()
            .resolve(
                "pods/%s/volume-records/kubernetes.io~local-volume/pv-1.json"
                    .formatted(pod.metadata().uid()));
    Files.delete(record);
    world.start();
    eventually(() -> assertThat(unmounted).doesNotExist());
    eventually(() -> assertThat(mounted).doesNotExist());
    eventually(() -> assertThat(record).exists());
    assertThat(place).exists();
    assertThat(locks()).isOne();
    assertThat(containers.started()).hasSize(1);
    removed("p");
    assertThat(locks()).isZero();
  }

  @Test
  void aDeviceWithTheFileSystemOfAnotherVolumeIsNotHandedOut() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-files", disk.device(), 64 * MIB);
    world.boundClaim("files", "pv-files");
    world.pod("f", "files");
    runs("f");
    removed("f");
    containers.started().clear();

    claimed("pv-1", disk.device());
    pod("p", "pv-1");
    waits("carries the file system", "of volume pv-files", "not handed out as a raw device");
    removed("p");
  }

  @Test
  void aRawDeviceIsNeitherFormattedNorGivenToAnotherVolume() throws Exception {
    var disk = disks.disk(64 * MIB);
    claimed("pv-1", disk.device());
    pod("p", "pv-1");
    runs("p");
    removed("p");
    containers.started().clear();

    // It is still blank: only memory tells that it is taken.
    world.volume("pv-files", disk.device(), 64 * MIB);
    world.boundClaim("files", "pv-files");
    world.pod("f", "files");
    waits("pv-files", "raw device of another volume", "two volumes name one disk");
    removed("f");
    claimed("pv-2", disk.device());
    pod("q", "pv-2");
    waits("pv-2", "device of another volume of this node", "two volumes name one disk");
    removed("q");
  }

  @Test
  void aDirectoryAMountedDeviceAndASmallOneAreRefusedByName() throws Exception {
    claimed("pv-dir", disks.directory("plain"));
    pod("d", "pv-dir");
    waits("pv-dir", "expected a block device", "volumeMode is Block");
    removed("d");

    claimed("pv-small", disks.disk(8 * MIB).device());
    pod("s", "pv-small");
    waits("pv-small", "expected at least " + 16 * MIB);
    removed("s");
  }

  @Test
  void aSwappedDeviceIsRefusedAndHealsWhenTheRightOneIsBack() throws Exception {
    var right = disks.disk(32 * MIB);
    var wrong = disks.disk(32 * MIB);
    var link = disks.directory("links").resolve("disk");
    Files.createSymbolicLink(link, right.device());
    claimed("pv-1", link);
    pod("p", "pv-1");
    runs("p");
    removed("p");
    containers.started().clear();

    Files.delete(link);
    Files.createSymbolicLink(link, wrong.device());
    pod("q", "pv-1");
    waits("pv-1", "is not the device that the volume was on");
    Files.delete(link);
    Files.createSymbolicLink(link, right.device());
    runs("q");
    removed("q");
  }

  @Test
  void aVolumeIsUsedInItsOwnModeOnly() throws Exception {
    claimed("pv-1", disks.disk(32 * MIB).device());
    world.pod("p", "claim-pv-1");
    waits("pv-1 has volumeMode Block", "volumeDevices, not in their volumeMounts");
    removed("p");
  }
}
