package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pods with emptyDir volumes; containers only in name. */
class EmptyDirPodTest {
  private static final int MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private Pod pod(String emptyDir) {
    create(emptyDir);
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    return world.pod("p").orElseThrow();
  }

  private void create(String emptyDir) {
    world.create(
        ResourceTypes.POD,
        json(
            """
            {'metadata':{'name':'p'},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'securityContext':{'fsGroup':4711},
              'containers':[{'name':'main','image':'host',
               'volumeMounts':[{'name':'data','mountPath':'/data'}]}],
              'volumes':[{'name':'data','emptyDir':%s}]}}"""
                .formatted(NodeWorld.NODE, emptyDir)));
  }

  private Path directory(Pod pod) {
    return world
        .root()
        .resolve("pods/%s/volumes/kubernetes.io~empty-dir/data".formatted(pod.metadata().uid()));
  }

  private void removed(Pod pod) {
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(
        () -> assertThat(world.root().resolve("pods/" + pod.metadata().uid())).doesNotExist());
    assertThat(world.mounts()).isEmpty();
  }

  @Test
  void aPodThatFillsMoreThanItMayIsEvictedByName() throws Exception {
    var pod = pod("{'sizeLimit':'1Mi'}");
    belongsToTheGroup(pod);
    Files.write(directory(pod).resolve("large"), new byte[2 * MIB]);
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Failed"));
    var status = world.pod("p").orElseThrow().status();
    assertThat(status.reason()).isEqualTo("Evicted");
    assertThat(status.message()).contains("emptyDir volume \"data\"", "sizeLimit 1Mi");
    assertThat(status.containerStatuses().toString()).contains("exitCode=143");
    assertThat(world.messages("Evicted")).hasSize(1);
    assertThat(containers.started()).hasSize(1);
    removed(pod);
  }

  @Test
  void memoryIsLimitedByTheKernel() throws Exception {
    var pod = pod("{'medium':'Memory','sizeLimit':'1Mi'}");
    var mount = MountTable.reader().read().at(directory(pod)).orElseThrow();
    assertThat(mount.type()).isEqualTo("tmpfs");
    assertThat(mount.superOptions()).contains("size=1024k");
    assertThat(Files.getFileStore(directory(pod)).getTotalSpace()).isEqualTo(MIB);
    belongsToTheGroup(pod);
    removed(pod);
  }

  /** On the disk there would be secrets that were meant for memory. */
  @Test
  void aMediumThatThereIsNotIsRefusedByName() {
    create("{'medium':'memory'}");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Failed"));
    assertThat(world.pod("p").orElseThrow().status().message())
        .contains("spec.volumes[data].emptyDir.medium memory");
    assertThat(containers.started()).isEmpty();
    removed(world.pod("p").orElseThrow());
  }

  private void belongsToTheGroup(Pod pod) throws Exception {
    assertThat(Files.getAttribute(directory(pod), "unix:gid")).isEqualTo(4711);
    assertThat((int) Files.getAttribute(directory(pod), "unix:mode") & 07777).isEqualTo(02777);
  }
}
