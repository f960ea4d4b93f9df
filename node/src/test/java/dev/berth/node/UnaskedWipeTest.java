package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a node destroys when it is told to, and what it never does: real loop disks. */
class UnaskedWipeTest {
  private static final long MIB = 1 << 20;
  private static final String FOREIGN = "11111111-2222-3333-4444-555555555555";

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

  private void volume(LoopDisk disk) {
    world.volume(
        "pv-1",
        disk.device(),
        64 * MIB,
        spec -> spec.put("persistentVolumeReclaimPolicy", "Delete"));
  }

  private void phase(String phase) {
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.STATUS,
        "{'status': {'phase': '%s'}}".formatted(phase));
  }

  private void annotate(String annotations) {
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {%s}}}".formatted(annotations));
  }

  private void requestWipe() {
    annotate("'berth.dev/wipe': 'requested/7', 'berth.dev/wipe-node': '" + NodeWorld.NODE + "'");
  }

  private String wipe() {
    return world.volume("pv-1").metadata().annotations().getOrDefault("berth.dev/wipe", "");
  }

  private static String sum(LoopDisk disk) {
    return run("sha256sum", disk.device().toString());
  }

  private void useOnce() {
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    world.deletePod("p");
    // Told when the disk is let go of, which is later than its mount's end.
    eventually(() -> assertThat(world.volumesInUse()).isEmpty());
  }

  @Test
  void whatWasMountedHereIsDestroyedOnceItsVolumeIsReleased() {
    var disk = disks.disk(64 * MIB);
    volume(disk);
    useOnce();
    phase("Released");
    requestWipe();
    eventually(() -> assertThat(wipe()).isEqualTo("done/7"));
    assertThat(run("cmp", "-n", Long.toString(64 * MIB), "/dev/zero", disk.image().toString()))
        .isEmpty();
  }

  @Test
  void aRequestWrittenByHandDestroysNothingThatAClaimHas() {
    var disk = disks.disk(64 * MIB);
    volume(disk);
    useOnce();
    var before = sum(disk);
    requestWipe();
    // A wipe of another volume that is asked for later, and done, shows that this one was passed.
    world.volume("pv-2", disks.disk(64 * MIB).device(), 64 * MIB, spec -> {});
    world.patch(
        ResourceTypes.VOLUME,
        "pv-2",
        Resources.OBJECT,
        "{'spec': {'persistentVolumeReclaimPolicy': 'Delete'}}");
    world.patch(
        ResourceTypes.VOLUME, "pv-2", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.patch(
        ResourceTypes.VOLUME,
        "pv-2",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'berth.dev/wipe': 'requested/8', 'berth.dev/wipe-node': '%s'}}}"
            .formatted(NodeWorld.NODE));
    eventually(
        () ->
            assertThat(world.volume("pv-2").metadata().annotations())
                .containsEntry("berth.dev/wipe", "unused/8"));
    assertThat(wipe()).isEqualTo("requested/7");
    assertThat(sum(disk)).isEqualTo(before);
  }

  @Test
  void anAnnotationFromElsewhereIsNoProofThatADiskWasTheVolumes() {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", FOREIGN, disk.device().toString());
    var before = sum(disk);
    volume(disk);
    annotate("'berth.dev/fs-uuid': '" + FOREIGN + "'");
    phase("Released");
    requestWipe();
    eventually(
        () ->
            assertThat(world.volume("pv-1").status().message())
                .contains("is not wiped", "never mounted it", "no proof", "Retain"));
    assertThat(wipe()).isEqualTo("requested/7");
    assertThat(sum(disk)).isEqualTo(before);
  }

  @Test
  void aVolumeThatNeverHadItsDiskLeavesItAlone() {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", disk.device().toString());
    var before = sum(disk);
    volume(disk);
    phase("Released");
    requestWipe();
    eventually(() -> assertThat(wipe()).isEqualTo("unused/7"));
    assertThat(sum(disk)).isEqualTo(before);
  }
}
