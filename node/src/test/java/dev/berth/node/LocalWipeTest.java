package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.ObjectNode;

/** Released volumes whose wipe was asked for, on real disks. */
class LocalWipeTest {
  private static final int MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private NodeWorld world;
  private LoopDisk disk;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, new FakeContainers());
    world.start();
    disk = disks.disk(64 * MIB);
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private Pod running() {
    world.volume(
        "pv-1",
        disk.device(),
        32 * MIB,
        spec -> spec.put("persistentVolumeReclaimPolicy", "Delete"));
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    return pod;
  }

  private void remove() {
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  private void request(WipeMethod method) {
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.STATUS,
        "{'status': {'phase': '%s'}}".formatted(PersistentVolume.RELEASED));
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        """
        {'metadata': {'annotations': {'%s': 'requested/7', '%s': '%s', '%s': '%s'}}}"""
            .formatted(
                WipeProtocol.WIPE,
                WipeProtocol.WIPE_NODE,
                NodeWorld.NODE,
                WipeMethod.ANNOTATION,
                method.word()));
  }

  private String annotation(String name) {
    return world.volume("pv-1").metadata().annotations().getOrDefault(name, "");
  }

  private void done() {
    eventually(() -> assertThat(annotation(WipeProtocol.WIPE)).isEqualTo("done/7"));
  }

  private boolean isZero() throws IOException {
    return Arrays.equals(Files.readAllBytes(disk.device()), new byte[64 * MIB]);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void theDiskIsWipedByTheMethodAndServesTheNextClaim(WipeMethod method) throws Exception {
    var pod = running();
    var file = world.mountOf(pod, "pv-1").resolve("file");
    Files.writeString(file, "secret".repeat(MIB));
    LoopDisks.run("sync", "--file-system", file.toString());
    remove();
    request(method);
    done();
    // A discarded loop device reads zero; of others nobody knows.
    assertThat(isZero()).isEqualTo(method != WipeMethod.SIGNATURES);
    assertThat(annotation("berth.dev/fs-uuid")).isEmpty();
    assertThat(world.volume("pv-1").status().message()).isNull();

    var next = world.pod("q", "claim");
    eventually(() -> assertThat(world.phase("q")).isEqualTo("Running"));
    assertThat(world.mountOf(next, "pv-1").resolve("file")).doesNotExist();
  }

  /** A wipe that has destroyed nothing yet still needs a proof of the disk. */
  @Test
  void aDiskThatAnotherVolumeWasGivenMeanwhileIsNotWiped() throws Exception {
    running();
    remove();
    var elsewhere = disks.mount(disk, "ext4", "elsewhere");
    request(WipeMethod.ZERO);
    eventually(
        () ->
            assertThat(world.volume("pv-1").status().message())
                .contains("not wiped", "mounted at " + elsewhere));
    withdraw();
    LoopDisks.run("umount", elsewhere.toString());
    erase();
    world.volume("pv-2", disk.device(), 32 * MIB);
    anotherHasTheDisk();
    isNotWiped("found ext4", world.volume("pv-2").metadata().uid());
  }

  /** Say, its object was written anew under another name to rescue the data. */
  @Test
  void aDiskWhoseFileSystemIsAnotherVolumesTooIsNotWiped() throws Exception {
    running();
    remove();
    world.volume("pv-2", disk.device(), 32 * MIB);
    world.patch(
        ResourceTypes.VOLUME,
        "pv-2",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': '%s'}}}"
            .formatted(PersistentVolume.FS_UUID, annotation(PersistentVolume.FS_UUID)));
    anotherHasTheDisk();
    isNotWiped("another volume, too", world.volume("pv-2").metadata().uid());
  }

  /** What is left of the first volume on it proves nothing any more. */
  @Test
  void aWipeThatWasBegunEndsWhenAnotherVolumeHasTheDisk() throws Exception {
    running();
    remove();
    world.stop();
    var children = new ChildGate();
    children.close("blkdiscard");
    world = world.on(NodeWorld.syscalls(), children);
    world.start();
    request(WipeMethod.ZERO);
    children.awaitOne();
    withdraw();
    world.stop();
    world = world.succeed(new FakeContainers());
    world.start();
    erase();
    world.volume("pv-2", disk.device(), 32 * MIB);
    anotherHasTheDisk();
    isNotWiped("another volume, too", world.volume("pv-2").metadata().uid());
  }

  private void withdraw() {
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': null}}}".formatted(WipeProtocol.WIPE));
  }

  /** By hand. */
  private void erase() {
    eventually(() -> LoopDisks.run("wipefs", "--all", disk.device().toString()));
    LoopDisks.run("blkdiscard", "--zeroout", disk.device().toString());
  }

  private void anotherHasTheDisk() {
    world.boundClaim("other", "pv-2");
    world.pod("p", "other");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    remove();
  }

  private void isNotWiped(String... why) throws IOException {
    var before = Files.readAllBytes(disk.device());
    request(WipeMethod.ZERO);
    eventually(
        () ->
            assertThat(world.volume("pv-1").status().message())
                .contains("not wiped")
                .contains(why));
    assertThat(Files.readAllBytes(disk.device())).isEqualTo(before);
  }

  /** A word of a volume made by hand is no proof that the disk was ever this volume's. */
  @Test
  void aDiskThatWasRefusedAtItsCheckIsNotWiped() throws Exception {
    var uuid = "0f6d7e4c-5a43-4b1c-9d3e-6a2b1c0d9e8f";
    var node = disk.device().toString();
    LoopDisks.run("mkfs.ext4", "-q", "-U", uuid, node);
    LoopDisks.run("debugfs", "-w", "-R", "clri <2>", node);
    LoopDisks.run("debugfs", "-w", "-R", "set_super_value state 2", node);
    world.volume(
        "pv-1",
        disk.device(),
        32 * MIB,
        spec -> spec.put("persistentVolumeReclaimPolicy", "Delete"));
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': '%s'}}}".formatted(PersistentVolume.FS_UUID, uuid));
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(
        () ->
            assertThat(world.messages("FailedMount"))
                .anySatisfy(said -> assertThat(said).contains("e2fsck ended with")));
    remove();
    isNotWiped("this node never mounted it for this volume");
  }

  @Test
  void withNoneNothingIsTouched() throws Exception {
    running();
    remove();
    request(WipeMethod.NONE);
    world.restart();
    eventually(() -> assertThat(world.mounts()).isEmpty());
    assertThat(annotation(WipeProtocol.WIPE)).isEqualTo("requested/7");
    assertThat(isZero()).isFalse();
    request(WipeMethod.ZERO);
    done();
    assertThat(isZero()).isTrue();
  }

  @Test
  void aRawDeviceIsZeroed() throws Exception {
    world.volume(
        "pv-1",
        disk.device(),
        32 * MIB,
        spec -> spec.put("volumeMode", "Block").put("persistentVolumeReclaimPolicy", "Delete"));
    world.create(
        ResourceTypes.CLAIM,
        NodeWorld.json(
            """
            {'metadata':{'name':'claim'},'spec':{'accessModes':['ReadWriteOnce'],
              'storageClassName':'local-storage','volumeMode':'Block',
              'resources':{'requests':{'storage':'1Mi'}}}}"""));
    world.bind("claim", "pv-1");
    world.pod("p", "claim", LocalWipeTest::raw);
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    LoopDisks.run(
        "dd",
        "if=/dev/urandom",
        "of=" + disk.device(),
        "bs=1M",
        "count=64",
        "oflag=direct",
        "status=none");
    remove();
    request(WipeMethod.ZERO);
    done();
    assertThat(isZero()).isTrue();
  }

  private static void raw(ObjectNode spec) {
    var main = (ObjectNode) spec.at("/containers/0");
    main.remove("volumeMounts");
    main.putArray("volumeDevices").addObject().put("name", "data").put("devicePath", "/dev/xvda");
  }

  @Test
  void aDiskThatIsMountedInAnotherNamespaceWaitsAndTheVolumeSaysWhere() throws Exception {
    var pod = running();
    Files.writeString(world.mountOf(pod, "pv-1").resolve("file"), "data");
    remove();
    var target = disks.directory("elsewhere");
    var other = mountedElsewhere(target);
    try {
      request(WipeMethod.ZERO);
      var where =
          "it is mounted at %s in the mount namespace of process %d".formatted(target, other.pid());
      eventually(
          () ->
              assertThat(world.messages("VolumeFailedDelete"))
                  .anySatisfy(message -> assertThat(message).contains("pv-1", where)));
      eventually(() -> assertThat(world.volume("pv-1").status().message()).contains(where));
      assertThat(Path.of("/proc/" + other.pid() + "/root" + target + "/file")).hasContent("data");
      assertThat(annotation(WipeProtocol.WIPE)).isEqualTo("requested/7");
    } finally {
      other.getOutputStream().close();
      other.waitFor();
    }
    done();
    assertThat(isZero()).isTrue();
  }

  private Process mountedElsewhere(Path target) throws IOException {
    var process =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                "mount \"$0\" \"$1\" && echo mounted && read line",
                disk.device().toString(),
                target.toString())
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("mounted");
    return process;
  }
}
