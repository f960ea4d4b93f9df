package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.node.disk.LoopDisks;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What tests need about pods on local disks: real ones, real file systems; no containers. */
abstract class LocalDiskPods {
  static final long MIB = 1 << 20;
  static final String FS_UUID = "berth.dev/fs-uuid";

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  final FakeContainers containers = new FakeContainers();
  NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  /** Pod p, whose claim is bound to volume pv-1 on the disk. */
  Pod pod(Path disk, long bytes) {
    world.volume("pv-1", disk, bytes);
    world.boundClaim("claim", "pv-1");
    return world.pod("p", "claim");
  }

  void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  void remove(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  void nothingIsMounted() {
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  /** The pod waits, and says why in an event, in its condition and in its container's state. */
  void waits(String pod, String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(why)));
    eventually(
        () ->
            assertThat(world.pod(pod).orElseThrow().status().conditions())
                .anySatisfy(condition -> assertThat(condition.message()).contains(why)));
    assertThat(world.phase(pod)).isEqualTo("Pending");
    assertThat(containers.started()).isEmpty();
    assertThat(world.mounts()).isEmpty();
  }

  String fsUuid(String volume) {
    return world.volume(volume).metadata().annotations().getOrDefault(FS_UUID, "");
  }
}
