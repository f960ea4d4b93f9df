package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** Pods on images in a pool: real images, loop devices, file systems; containers only in name. */
class LoopVolumePodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;
  private Path pool;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    pool = disks.directory("pool");
    world.pool("default", pool);
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void loop(String name, long bytes, Consumer<ObjectNode> change) {
    var document =
        NodeWorld.json(
            """
            {'metadata': {'name': '%s', 'annotations': {}}, 'spec': {
              'capacity': {'storage': '%d'}, 'accessModes': ['ReadWriteOnce'],
              'storageClassName': 'local-storage',
              'csi': {'driver': 'loop.berth.dev', 'volumeHandle': '%s'},
              'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%s']}]}]}}}}"""
                .formatted(name, bytes, name, NodeWorld.NODE));
    change.accept(document);
    world.create(ResourceTypes.VOLUME, document);
  }

  private Path image(String name) {
    return pool.resolve(name + ".img");
  }

  private Path mountOf(Pod pod, String volume) {
    return world
        .root()
        .resolve("pods/%s/volumes/loop.berth.dev/%s".formatted(pod.metadata().uid(), volume));
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void remove(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  private void isAttached(String name, boolean attached) {
    eventually(
        () ->
            assertThat(LoopDisks.say("losetup", "--associated", image(name).toString()).out())
                .satisfies(said -> assertThat(said.isEmpty()).isNotEqualTo(attached)));
  }

  private void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(why)));
  }

  @Test
  void aVolumeThatNamesTheImageOfAnotherIsRefusedAndNeverTouchesIt() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    loop(
        "pv-2",
        64 * MIB,
        pv -> pv.withObject("spec").withObject("csi").put("volumeHandle", "pv-1"));
    world.boundClaim("claim", "pv-1");
    world.boundClaim("other", "pv-2");
    // The younger one comes first, and waits for the older one all the same.
    world.pod("q", "other");
    waits("pv-2", image("pv-1").toString(), "belongs to volume pv-1");
    assertThat(image("pv-1")).doesNotExist();
    var pod = world.pod("p", "claim");
    runs("p");
    Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    assertThat(world.messages("FailedMountOnFilesystemMismatch"))
        .anySatisfy(message -> assertThat(message).contains("belongs to volume pv-1"));
    remove("q");
    world.patch(
        ResourceTypes.VOLUME, "pv-2", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.api().delete(ResourceTypes.VOLUME, "", "pv-2", DeleteOptions.DEFAULT);
    isAttached("pv-1", true);
    assertThat(mountOf(pod, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    world.pod("p", "claim");
    runs("p");
  }

  @Test
  void anImageIsMadeWithAllOfItsSpaceAndKeepsItsDataOverPodsRestartsAndReboots() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");
    var file = Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    var allocated = LoopDisks.run("stat", "-c", "%b %B %s", image("pv-1").toString()).split(" ");
    assertThat(Long.parseLong(allocated[0]) * Long.parseLong(allocated[1]))
        .isGreaterThanOrEqualTo(64 * MIB);
    assertThat(allocated[2].strip()).isEqualTo(Long.toString(64 * MIB));
    assertThat(file).hasContent("data");
    assertThat(world.volumesInUse()).containsExactly("loop.berth.dev/pv-1");

    // Another process finds it as it is.
    world.restart();
    runs("p");
    assertThat(mountOf(pod, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    isAttached("pv-1", false);

    // After a reboot the number of its device is another file's.
    world.stop();
    disks.disk(MIB);
    world.start();
    var second = world.pod("p", "claim");
    runs("p");
    assertThat(mountOf(second, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    isAttached("pv-1", false);
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void anImageThatIsGoneIsNotMadeAgain() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    remove("p");
    isAttached("pv-1", false);
    var aside = pool.resolve("aside");
    Files.move(image("pv-1"), aside);
    world.pod("p", "claim");
    waits("pv-1", image("pv-1").toString(), "is gone", "not made again");
    assertThat(image("pv-1")).doesNotExist();

    Files.move(aside, image("pv-1"));
    runs("p");
  }

  @Test
  void aPoolWhoseDiskIsNotMountedIsNotTakenForIt() throws Exception {
    var disk = disks.disk(256 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    world.start();
    loop("pv-1", 32 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    remove("p");
    isAttached("pv-1", false);

    LoopDisks.run("umount", pool.toString());
    loop("pv-2", 32 * MIB, pv -> {});
    world.boundClaim("claim-2", "pv-2");
    world.pod("q", "claim-2");
    waits("pv-2", pool.toString(), "its disk is not mounted");
    assertThat(pool).isEmptyDirectory();

    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    runs("q");
    remove("q");
    isAttached("pv-2", false);
  }

  @Test
  void aFullPoolSaysSoAndKeepsNothingOfWhatItCouldNotMake() throws Exception {
    var disk = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", "-m", "0", disk.device().toString());
    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    world.start();
    loop("pv-1", 128 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    waits("pv-1", pool + " has ", " bytes free, the image needs " + 128 * MIB + " more");
    assertThat(image("pv-1")).doesNotExist();
    assertThat(pool.resolve(".pv-1.new")).doesNotExist();
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
  }

  @Test
  void aPodGetsTheDeviceAsItIs() throws Exception {
    world.start();
    loop("pv-1", 16 * MIB, pv -> pv.withObject("spec").put("volumeMode", "Block"));
    world.boundClaim("claim", "pv-1");
    world.pod(
        "p",
        "claim",
        spec -> {
          var container = (ObjectNode) spec.at("/containers/0");
          container.remove("volumeMounts");
          container
              .putArray("volumeDevices")
              .addObject()
              .put("name", "data")
              .put("devicePath", "/x");
        });
    runs("p");
    var device = containers.started().getFirst().devices().getFirst().hostPath();
    Files.write(device, "raw".getBytes(US_ASCII));
    remove("p");
    isAttached("pv-1", false);
    try (var file = new RandomAccessFile(image("pv-1").toFile(), "r")) {
      var read = new byte[3];
      file.readFully(read);
      assertThat(new String(read, US_ASCII)).isEqualTo("raw");
    }
  }

  private static Consumer<ObjectNode> asked(String what, long generation) {
    return pv -> {
      var annotations = pv.withObject("metadata").withObject("annotations");
      annotations.put(ProvisionProtocol.PROVISION, what + "/" + generation);
      annotations.put(ProvisionProtocol.NODE, NodeWorld.NODE);
      pv.withObject("spec").put("persistentVolumeReclaimPolicy", "Delete");
    };
  }

  private void answers(String volume, String answer) {
    eventually(
        () ->
            assertThat(world.volume(volume).metadata().annotations())
                .containsEntry(ProvisionProtocol.PROVISION, answer));
  }

  @Test
  void anImageIsMadeAndRemovedAsItsVolumeAsks() throws Exception {
    // Asked for while the node was away, and half made by the process before.
    loop("pv-1", 32 * MIB, asked("requested", 7));
    Files.createFile(pool.resolve(".pv-1.new"));
    world.start();
    answers("pv-1", "made/7");
    assertThat(Files.size(image("pv-1"))).isEqualTo(32 * MIB);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");

    // Not while a claim has it, whoever wrote that, nor while a pod has it.
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': 'removal/9'}}}"
            .formatted(ProvisionProtocol.PROVISION));
    loop("pv-2", 32 * MIB, asked("requested", 8));
    answers("pv-2", "made/8");
    assertThat(image("pv-1")).exists();
    remove("p");
    isAttached("pv-1", false);
    loop("pv-3", 32 * MIB, asked("requested", 8));
    answers("pv-3", "made/8");
    assertThat(image("pv-1")).exists();
    world.pod("p", "claim");
    runs("p");
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    loop("pv-4", 32 * MIB, asked("requested", 8));
    answers("pv-4", "made/8");
    assertThat(image("pv-1")).exists();
    remove("p");
    answers("pv-1", "removed/9");
    assertThat(image("pv-1")).doesNotExist();
    assertThat(image("pv-2")).exists();
    isAttached("pv-1", false);

    // What its administrator keeps stays, also when its removal was asked for.
    loop("pv-5", 32 * MIB, asked("requested", 8));
    answers("pv-5", "made/8");
    var word = "{'spec': {'persistentVolumeReclaimPolicy': '%s'}}";
    world.patch(ResourceTypes.VOLUME, "pv-5", Resources.OBJECT, word.formatted("Retain"));
    world.patch(
        ResourceTypes.VOLUME, "pv-5", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.patch(
        ResourceTypes.VOLUME,
        "pv-5",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': 'removal/9'}}}"
            .formatted(ProvisionProtocol.PROVISION));
    loop("pv-6", 32 * MIB, asked("requested", 8));
    answers("pv-6", "made/8");
    assertThat(image("pv-5")).exists();
    world.patch(ResourceTypes.VOLUME, "pv-5", Resources.OBJECT, word.formatted("Delete"));
    answers("pv-5", "removed/9");
    assertThat(image("pv-5")).doesNotExist();
  }

  @Test
  void anImageThatWasNotMadeForTheVolumeIsNeitherTakenNorRemoved() throws Exception {
    Files.writeString(image("golden"), "precious");
    world.start();
    loop("pv-1", 32 * MIB, asked("requested", 8));
    answers("pv-1", "made/8");
    loop("golden", 32 * MIB, asked("requested", 7));
    answers("golden", "failed/7");
    assertThat(world.volume("golden").status().message()).contains("not made for it");
    for (var image : List.of("golden", "pv-1")) {
      // As it comes from another cluster, or from a hand.
      var name = image + "-again";
      loop(
          name,
          32 * MIB,
          asked("removal", 7)
              .andThen(pv -> pv.withObject("spec").withObject("csi").put("volumeHandle", image)));
      world.patch(
          ResourceTypes.VOLUME, name, Resources.STATUS, "{'status': {'phase': 'Released'}}");
      eventually(
          () ->
              assertThat(world.volume(name).status().message())
                  .contains(image(image).toString(), "not removed"));
    }
    assertThat(image("golden")).hasContent("precious");
    assertThat(image("pv-1")).exists();
    Files.delete(image("golden"));
    answers("golden-again", "removed/7");
  }

  @Test
  void whatCannotBeMadeIsSaidWithItsReason() {
    world.start();
    loop("pv-1", 1L << 50, asked("requested", 7));
    answers("pv-1", "failed/7");
    assertThat(world.volume("pv-1").status().message()).contains(pool.toString(), "bytes free");
    loop(
        "pv-2",
        MIB,
        asked("requested", 8)
            .andThen(
                pv ->
                    pv.at("/spec/csi")
                        .asObject()
                        .withObject("volumeAttributes")
                        .put("pool", "fast")));
    answers("pv-2", "failed/8");
    assertThat(world.volume("pv-2").status().message())
        .contains("no pool \"fast\"", "it has default");
    assertThat(pool).isEmptyDirectory();
  }

  // Growth

  private PersistentVolumeClaim claim() {
    return Json.view(
        world.api().get(ResourceTypes.CLAIM, NodeWorld.NAMESPACE, "claim").document(),
        PersistentVolumeClaim.class);
  }

  /** What the administrator's side does when a claim asks for more. */
  private void ask(long bytes) {
    world.patch(
        ResourceTypes.CLAIM,
        "claim",
        Resources.OBJECT,
        "{'spec': {'resources': {'requests': {'storage': '%d'}}}}".formatted(bytes));
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'spec': {'capacity': {'storage': '%d'}}}".formatted(bytes));
    world.patch(
        ResourceTypes.CLAIM,
        "claim",
        Resources.STATUS,
        "{'status': {'conditions': [{'type': 'FileSystemResizePending', 'status': 'True'}]}}");
  }

  private void expandable(String fsType, long bytes) {
    world.create(
        ResourceTypes.CLASS,
        NodeWorld.json(
            """
            {'metadata': {'name': 'local-storage'}, 'provisioner': 'loop.berth.dev',
              'allowVolumeExpansion': true}"""));
    loop("pv-1", bytes, pv -> pv.at("/spec/csi").asObject().put("fsType", fsType));
    world.boundClaim("claim", "pv-1");
  }

  private void has(long bytes) {
    eventually(
        () -> {
          var status = claim().status();
          assertThat(status.conditions()).isEmpty();
          assertThat(status.capacity().getOrDefault("storage", Quantity.ZERO).ceiling())
              .isEqualTo(bytes);
        });
  }

  @Test
  void anImageGrowsWhileItsPodWrites() throws Exception {
    var agent = world.start();
    expandable("xfs", 320 * MIB);
    var pod = world.pod("p", "claim");
    runs("p");
    var mount = mountOf(pod, "pv-1");
    var file = mount.resolve("file");
    try (var writer = new RandomAccessFile(file.toFile(), "rw")) {
      var written = new byte[(int) (4 * MIB)];
      Arrays.fill(written, (byte) 7);
      writer.write(written);
      ask(512 * MIB);
      writer.write(written);
      has(512 * MIB);
      writer.write(written);
      writer.getFD().sync();
    }
    assertThat(Files.getFileStore(mount).getTotalSpace()).isGreaterThan(400 * MIB);
    assertThat(agent.usage())
        .singleElement()
        .satisfies(
            usage -> {
              assertThat(usage.claim()).isEqualTo("claim");
              assertThat(usage.figures().capacityBytes())
                  .isEqualTo(Files.getFileStore(mount).getTotalSpace());
              assertThat(usage.figures().usedBytes()).isGreaterThan(12 * MIB);
            });
    assertThat(Files.size(image("pv-1"))).isEqualTo(512 * MIB);
    var expected = new byte[(int) (12 * MIB)];
    Arrays.fill(expected, (byte) 7);
    assertThat(Arrays.mismatch(Files.readAllBytes(file), expected)).isEqualTo(-1);

    // What does not fit waits with its reason, and the pod goes on.
    ask(1L << 50);
    eventually(
        () ->
            assertThat(claim().status().conditions())
                .singleElement()
                .satisfies(c -> assertThat(c.message()).contains("bytes free", pool.toString())));
    assertThat(claim().status().capacity().getOrDefault("storage", Quantity.ZERO).ceiling())
        .isEqualTo(512 * MIB);
    assertThat(Files.size(image("pv-1"))).isEqualTo(512 * MIB);
    assertThat(
            Json.parseObject(
                    world.api().get(ResourceTypes.CLAIM, NodeWorld.NAMESPACE, "claim").document())
                .at("/status/allocatedResourceStatuses/storage")
                .asString())
        .isEqualTo("NodeResizeInfeasible");
    ask(600 * MIB);
    has(600 * MIB);
    Files.writeString(mount.resolve("another"), "data");
    remove("p");
    world.pod("p", "claim");
    runs("p");
  }

  @Test
  void whatTheKernelDoesNotGrowMountedIsGrownBeforeTheNextMount() throws Exception {
    world.start();
    expandable("ext4", 64 * MIB);
    var pod = world.pod("p", "claim");
    runs("p");
    Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    ask(128 * MIB);
    // ext4 grows mounted only for those who have the capability SYS_RESOURCE.
    eventually(
        () ->
            assertThat(claim().status().conditions())
                .allSatisfy(
                    c -> assertThat(c.message()).contains("when the volume is mounted next")));
    eventually(() -> assertThat(Files.size(image("pv-1"))).isEqualTo(128 * MIB));
    remove("p");
    isAttached("pv-1", false);
    var second = world.pod("p", "claim");
    runs("p");
    has(128 * MIB);
    var mount = mountOf(second, "pv-1");
    assertThat(mount.resolve("file")).hasContent("data");
    assertThat(Files.getFileStore(mount).getTotalSpace()).isGreaterThan(100 * MIB);
    assertThat(world.events().stream().map(NodeWorld.Told::reason).toList())
        .containsAnyElementsOf(List.of("FileSystemResizeSuccessful"));
  }
}
