package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import dev.berth.node.plugin.LocalVolumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods on local block devices: real loop disks, real file systems; containers only in name. */
class LocalDiskPodTest extends LocalDiskPods {
  @Test
  void aBlankDiskIsFormattedOnceAndKeepsItsData() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    var pod = pod(disk.device(), 64 * MIB);

    runs("p");
    assertThat(fsUuid("pv-1")).isEqualTo(world.volume("pv-1").metadata().uid());
    Files.writeString(world.mountOf(pod, "pv-1").resolve("file"), "data");
    assertThat(world.volumesInUse()).containsExactly("kubernetes.io/local-volume/pv-1");

    remove("p");
    nothingIsMounted();
    assertThat(world.root().resolve("pods")).isEmptyDirectory();
    eventually(() -> assertThat(world.volumesInUse()).isEmpty());

    var second = world.pod("p", "claim");
    runs("p");
    assertThat(world.mountOf(second, "pv-1").resolve("file")).hasContent("data");
    assertThat(containers.started())
        .last()
        .satisfies(
            spec ->
                assertThat(spec.mounts())
                    .singleElement()
                    .satisfies(
                        mount ->
                            assertThat(mount.hostPath()).isEqualTo(world.mountOf(second, "pv-1"))));
  }

  @Test
  void xfsWithMountOptionsWorksTheSameWay() throws Exception {
    world.start();
    var disk = disks.disk(320 * MIB);
    world.volume(
        "pv-1",
        disk.device(),
        320 * MIB,
        spec -> {
          spec.withObject("local").put("fsType", "xfs");
          spec.putArray("mountOptions").add("noatime");
        });
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");

    var mount = MountTable.reader().read().at(world.mountOf(pod, "pv-1")).orElseThrow();
    assertThat(mount.type()).isEqualTo("xfs");
    assertThat(mount.options()).contains("noatime");
    Files.writeString(world.mountOf(pod, "pv-1").resolve("file"), "data");
    remove("p");
    var second = world.pod("p", "claim");
    runs("p");
    assertThat(world.mountOf(second, "pv-1").resolve("file")).hasContent("data");
  }

  @Test
  void twoPodsShareAVolumeAndTheLastOneTakesItAway() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    var one = world.pod("one", "claim");
    var two =
        world.pod(
            "two",
            "claim",
            spec ->
                spec.withArray("volumes")
                    .get(0)
                    .withObject("persistentVolumeClaim")
                    .put("readOnly", true));
    runs("one");
    runs("two");
    Files.writeString(world.mountOf(one, "pv-1").resolve("file"), "shared");
    assertThat(world.mountOf(two, "pv-1").resolve("file")).hasContent("shared");
    assertThat(MountTable.reader().read().at(world.mountOf(two, "pv-1")).orElseThrow().readOnly())
        .isTrue();

    remove("one");
    assertThat(world.mountOf(two, "pv-1").resolve("file")).hasContent("shared");
    assertThat(world.mounts()).hasSize(2);
    remove("two");
    nothingIsMounted();
  }

  @Test
  void aPodWithADelayedClaimStartsAsSoonAsTheClaimIsBound() {
    world.start();
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.create(
        ResourceTypes.CLAIM,
        NodeWorld.json(
            """
            {'metadata': {'name': 'claim'}, 'spec': {'accessModes': ['ReadWriteOnce'],
              'storageClassName': 'local-storage',
              'resources': {'requests': {'storage': '1Mi'}}}}"""));
    world.pod("p", "claim");
    eventually(
        () ->
            assertThat(world.pod("p").orElseThrow().status().conditions())
                .anySatisfy(c -> assertThat(c.message()).contains("claim is not bound")));
    world.bind("claim", "pv-1");
    runs("p");
  }

  @Test
  void aVolumeThatIsDeletedIsForgottenOnceNothingOfItIsMounted() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    pod(disk.device(), 64 * MIB);
    var uid = world.volume("pv-1").metadata().uid();
    runs("p");
    assertThat(remembered(uid)).isNotEmpty();

    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.OBJECT, "{'metadata': {'finalizers': null}}");
    world.api().delete(ResourceTypes.VOLUME, "", "pv-1", DeleteOptions.DEFAULT);
    remove("p");
    nothingIsMounted();
    eventually(() -> assertThat(remembered(uid)).isEmpty());

    // Whoever gets the disk next is a new volume, which adopts what is on it.
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim-2", "pv-1");
    world.pod("q", "claim-2");
    runs("q");
    assertThat(fsUuid("pv-1")).isEqualTo(uid);

    // What was deleted while the node was away is noticed when it starts.
    world.stop();
    var second = world.volume("pv-1").metadata().uid();
    assertThat(remembered(second)).isNotEmpty();
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.OBJECT, "{'metadata': {'finalizers': null}}");
    world.api().delete(ResourceTypes.VOLUME, "", "pv-1", DeleteOptions.DEFAULT);
    world.deletePod("q");
    world.start();
    eventually(() -> assertThat(world.phase("q")).isEqualTo("gone"));
    eventually(() -> assertThat(remembered(second)).isEmpty());
  }

  @Test
  void aBareMountPointThatAPowerCutHasBroughtBackIsTakenAway() throws Exception {
    world.start();
    pod(disks.disk(64 * MIB).device(), 64 * MIB);
    runs("p");
    remove("p");
    nothingIsMounted();
    var place = world.paths().stagedMount(LocalVolumes.id("pv-1"));
    eventually(() -> assertThat(place).doesNotExist());
    world.stop();
    Files.createDirectory(place);
    LoopDisks.run("chattr", "+i", place.toString());

    world.start();
    eventually(() -> assertThat(place).doesNotExist());
    world.pod("q", "claim");
    runs("q");
    remove("q");
  }

  /** The files that the node keeps about a volume, apart from its mounts. */
  private List<Path> remembered(String uid) throws IOException {
    try (var files = Files.walk(world.root())) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.getFileName().toString().contains(uid))
          .toList();
    }
  }
}
