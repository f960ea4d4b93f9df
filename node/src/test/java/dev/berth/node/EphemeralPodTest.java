package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods with ephemeral volumes, whose claims somebody else makes; containers only in name. */
class EphemeralPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    world.start();
    world.volume("pv-1", disks.disk(64 * MIB).device(), 64 * MIB);
    world.create(
        ResourceTypes.POD,
        json(
            """
            {'metadata':{'name':'p'},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host',
               'volumeMounts':[{'name':'scratch','mountPath':'/data'}]}],
              'volumes':[{'name':'scratch','ephemeral':{'volumeClaimTemplate':{'spec':{
               'accessModes':['ReadWriteOnce'],'storageClassName':'local-storage',
               'resources':{'requests':{'storage':'1Mi'}}}}}}]}}"""
                .formatted(NodeWorld.NODE)));
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void claim(String owners) {
    world.create(
        ResourceTypes.CLAIM,
        json(
            """
            {'metadata':{'name':'p-scratch','ownerReferences':[%s]},'spec':{
              'accessModes':['ReadWriteOnce'],'storageClassName':'local-storage',
              'resources':{'requests':{'storage':'1Mi'}}}}"""
                .formatted(owners)));
    world.bind("p-scratch", "pv-1");
  }

  private void waits(String why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount"))
                .anySatisfy(message -> assertThat(message).contains(why)));
    assertThat(containers.started()).isEmpty();
  }

  @Test
  void theClaimThatWasMadeForThePodIsItsVolume() {
    waits("persistentvolumeclaim p-scratch does not exist");
    var pod = world.pod("p").orElseThrow();
    claim(
        "{'apiVersion':'v1','kind':'Pod','name':'p','uid':'%s','controller':true}"
            .formatted(pod.metadata().uid()));
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    assertThat(containers.started().getFirst().mounts().getFirst().hostPath())
        .isEqualTo(world.mountOf(pod, "pv-1"));
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aClaimOfSomebodyElseIsNotTouched() {
    claim("");
    waits("persistentvolumeclaim p-scratch was not made for this pod's ephemeral volume");
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    assertThat(world.mounts()).isEmpty();
  }
}
