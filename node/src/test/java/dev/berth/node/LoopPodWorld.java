package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** A node with a pool, and pods on images in it: real images, loop devices, file systems. */
abstract class LoopPodWorld {
  static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  final FakeContainers containers = new FakeContainers();
  NodeWorld world;
  Path pool;

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

  void loop(String name, long bytes, Consumer<ObjectNode> change) {
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

  Path image(String name) {
    return pool.resolve(name + ".img");
  }

  Path mountOf(Pod pod, String volume) {
    return world
        .root()
        .resolve("pods/%s/volumes/loop.berth.dev/%s".formatted(pod.metadata().uid(), volume));
  }

  void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  void remove(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  void isAttached(String name, boolean attached) {
    eventually(
        () ->
            assertThat(LoopDisks.say("losetup", "--associated", image(name).toString()).out())
                .satisfies(said -> assertThat(said.isEmpty()).isNotEqualTo(attached)));
  }

  void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(why)));
  }
}
