package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Images that grow under their pods. */
class LoopGrowthPodTest extends LoopPodWorld {
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
