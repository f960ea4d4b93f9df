package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.OrphanReport;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.node.disk.LoopDisks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is on a host and belongs to nobody: real mounts, loop devices, files. */
class OrphanTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;
  private NodeAgent node;
  private Path pool;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, containers);
    pool = disks.directory("pool");
    world.pool("default", pool);
    node = world.start();
    var document =
        NodeWorld.json(
            """
            {'metadata': {'name': 'pv-1'}, 'spec': {
              'capacity': {'storage': '64Mi'}, 'accessModes': ['ReadWriteOnce'],
              'storageClassName': 'local-storage',
              'csi': {'driver': 'loop.berth.dev', 'volumeHandle': 'pv-1'},
              'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%s']}]}]}}}}"""
                .formatted(NodeWorld.NODE));
    world.create(ResourceTypes.VOLUME, document);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private List<String> told() {
    return world.events().stream()
        .filter(told -> told.reason().equals("OrphanFound"))
        .peek(told -> assertThat(told.about().kind()).isEqualTo("Node"))
        .map(NodeWorld.Told::message)
        .toList();
  }

  private List<String> loops(Path image) {
    return LoopDisks.say("losetup", "--associated", image.toString()).out().lines().toList();
  }

  @Test
  void whatPodsAndVolumesHaveIsNoOrphan() throws Exception {
    for (var i = 0; i < 3; i++) {
      assertThat(node.orphans()).isEmpty();
    }
    assertThat(told()).isEmpty();
  }

  @Test
  void anImageThatNoVolumeNamesIsToldOnceAndStays() throws Exception {
    var stray = Files.createFile(pool.resolve("stray.img"));
    // Who asks sees it at once, and that it may be under way.
    assertThat(node.storage().orphans())
        .singleElement()
        .satisfies(
            orphan -> {
              assertThat(orphan.what()).isEqualTo(stray.toString());
              assertThat(orphan.kind()).isEqualTo("image");
              assertThat(orphan.certain()).isFalse();
              assertThat(orphan.remedy()).contains("remove the file");
            });
    assertThat(node.storage().orphans()).singleElement().matches(OrphanReport::certain);
    assertThat(node.orphans()).as("at first sight").isEmpty();
    for (var i = 0; i < 2; i++) {
      assertThat(node.orphans())
          .singleElement()
          .satisfies(message -> assertThat(message).contains(stray.toString(), "image"));
    }
    assertThat(told()).hasSize(1);
    assertThat(stray).exists();
    Files.delete(stray);
    assertThat(node.orphans()).isEmpty();
  }

  @Test
  void aLoopDeviceOfAnImageThatIsNotInUseIsDetachedWhereBerthHasAttachedIt() throws Exception {
    world.deletePod("p");
    var image = pool.resolve("pv-1.img");
    eventually(() -> assertThat(loops(image)).isEmpty());
    disks.attach(image);
    // Asking takes nothing away.
    for (var i = 0; i < 2; i++) {
      assertThat(node.storage().orphans()).extracting(OrphanReport::kind).contains("loopDevice");
    }
    assertThat(loops(image)).hasSize(1);
    // That of a file which is not Berth's is told, and left to whoever attached it.
    var foreign = Files.createFile(pool.resolve("foreign.img"));
    run("truncate", "-s", "1M", foreign.toString());
    var device = disks.attach(foreign).device();
    node.orphans();
    assertThat(node.orphans())
        .anySatisfy(message -> assertThat(message).contains(device.toString(), "loopDevice"))
        .noneSatisfy(message -> assertThat(message).contains("pv-1"));
    assertThat(loops(image)).isEmpty();
    assertThat(image).hasSize(64 * MIB);
    assertThat(loops(foreign)).hasSize(1);
  }

  @Test
  void mountsAndDirectoriesOfPodsThatAreGoneAreToldAndEmptyOnesRemoved() throws Exception {
    var empty = Files.createDirectories(world.paths().pod("gone-1").resolve("volumes"));
    var mount = Files.createDirectories(world.paths().pod("gone-2").resolve("etc"));
    run("mount", "-t", "tmpfs", "none", mount.toString());
    containers.group(Path.of("/group/gone-2"), "gone-2");
    containers.group(Path.of("/group/p"), world.pod("p").orElseThrow().metadata().uid());
    node.orphans();
    assertThat(node.orphans())
        .hasSize(3)
        .allSatisfy(message -> assertThat(message).contains("gone-2"));
    assertThat(empty.getParent()).doesNotExist();
    assertThat(mount).exists();
    assertThat(told()).hasSize(3);
  }

  @Test
  void theMountOfAVolumeThatIsGoneIsTold() throws Exception {
    var place =
        Files.createDirectories(
            world.paths().plugin("kubernetes.io/local-volume").resolve("mounts/gone"));
    run("mount", "-t", "tmpfs", "none", place.toString());
    node.orphans();
    assertThat(node.orphans())
        .anySatisfy(message -> assertThat(message).contains(place.toString(), "mount"));
    run("umount", place.toString());
    world.api().delete(ResourceTypes.POD, NodeWorld.NAMESPACE, "p", DeleteOptions.DEFAULT);
  }
}
