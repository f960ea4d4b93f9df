package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.DiskDeadlines;
import dev.berth.node.disk.LoopDisks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is left of a node on its host: real mounts, loop devices, files. */
class NodeCleanupTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private final List<String> said = new ArrayList<>();
  private NodeWorld world;
  private Path pool;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, containers);
    pool = disks.directory("pool");
    world.pool("default", pool);
    world.start();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private Optional<String> clean(boolean dryRun) throws Exception {
    var host =
        NodeHost.of(
            NodeWorld.syscalls(),
            NodeWorld.children(),
            DiskDeadlines.DEFAULT,
            InstantSource.system());
    var config = new NodeConfig(NodeWorld.NODE, world.root(), Map.of(), Map.of(), false, 0, "");
    return new NodeCleanup(config, host, containers, said::add, dryRun).run();
  }

  private List<String> loops(Path image) {
    return LoopDisks.say("losetup", "--associated", image.toString()).out().lines().toList();
  }

  @Test
  void everythingButTheDataOnVolumesIsTakenAway() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    var document =
        NodeWorld.json(
            """
            {'metadata': {'name': 'pv-2'}, 'spec': {
              'capacity': {'storage': '64Mi'}, 'accessModes': ['ReadWriteOnce'],
              'storageClassName': 'local-storage',
              'csi': {'driver': 'loop.berth.dev', 'volumeHandle': 'pv-2'},
              'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%s']}]}]}}}}"""
                .formatted(NodeWorld.NODE));
    world.create(ResourceTypes.VOLUME, document);
    world.boundClaim("other", "pv-2");
    var pod = world.pod("p", "claim");
    world.pod("q", "other");
    for (var name : List.of("p", "q")) {
      eventually(() -> assertThat(world.phase(name)).isEqualTo("Running"));
    }
    Files.writeString(world.mountOf(pod, "pv-1").resolve("file"), "data");
    world.stop();

    var image = pool.resolve("pv-2.img");
    var mounts = world.mounts();
    assertThat(clean(true)).isEmpty();
    assertThat(said).anySatisfy(line -> assertThat(line).startsWith("would unmount "));
    assertThat(said).anySatisfy(line -> assertThat(line).startsWith("would detach "));
    assertThat(world.mounts()).isEqualTo(mounts);
    assertThat(loops(image)).hasSize(1);

    assertThat(clean(false)).isEmpty();
    assertThat(world.mounts()).isEmpty();
    assertThat(world.root()).doesNotExist();
    assertThat(loops(image)).isEmpty();
    assertThat(image).hasSize(64 * MIB);
    assertThat(disks.mount(disk, "ext4", "later").resolve("file")).hasContent("data");
    // Its owner's device, which nobody here has attached.
    assertThat(loops(disk.image())).hasSize(1);
  }

  @Test
  void containersGetTheGracePeriodOfTheirPodUpToABound() throws Exception {
    var pods = new HashMap<Long, Pod>();
    for (var seconds : new long[] {7, 86400}) {
      var name = "p" + seconds;
      world.volume("pv-" + seconds, disks.disk(64 * MIB).device(), 64 * MIB);
      world.boundClaim(name, "pv-" + seconds);
      var pod = world.pod(name, name, s -> s.put("terminationGracePeriodSeconds", seconds));
      pods.put(seconds, pod);
      eventually(() -> assertThat(world.phase(name)).isEqualTo("Running"));
    }
    world.stop();
    Files.createDirectories(world.root().resolve("runtime/containers"));
    assertThat(clean(false)).isEmpty();
    pods.forEach(
        (seconds, pod) ->
            assertThat(containers.grace(pod.metadata().uid()))
                .isEqualTo(Duration.ofSeconds(Math.min(seconds, 120))));
    assertThat(containers.list()).isEmpty();
  }

  @Test
  void whatIsNotTheNodesBelowTheRootStopsItBeforeAnythingIsDone() throws Exception {
    world.stop();
    // An image that no volume has had yet; a server's store would be there as well.
    var image = Files.createDirectories(world.root().resolve("pool")).resolve("v.img");
    Files.writeString(image, "data");
    assertThat(clean(false))
        .hasValueSatisfying(
            why -> assertThat(why).contains("/pool is not the node's", "move it away first"));
    assertThat(image).hasContent("data");
    assertThat(world.root().resolve("pods")).exists();
  }

  @Test
  void whatIsInUseStopsItBeforeAnythingIsRemoved() throws Exception {
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    world.stop();
    var mount = world.mountOf(pod, "pv-1");
    try (var open = Files.newOutputStream(mount.resolve("file"))) {
      open.write(1);
      assertThat(clean(false)).hasValueSatisfying(why -> assertThat(why).contains("unmounted"));
      assertThat(world.root().resolve("pods")).exists();
    }
    run("ls", mount.toString());
    assertThat(clean(false)).isEmpty();
    assertThat(world.root()).doesNotExist();
  }
}
