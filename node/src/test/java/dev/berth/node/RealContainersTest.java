package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.LogQuery;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.runtime.ContainerMeters;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.runtime.ContainerStatus;
import dev.berth.node.runtime.OciRuntime;
import dev.berth.node.runtime.OciSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** A pod on a local block device in a real container, from its creation to its end. */
class RealContainersTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private OciRuntime runtime;
  private NodeWorld world;

  @BeforeEach
  void makeWorld() throws IOException {
    runtime = runtime();
    world = new NodeWorld(disks, runtime);
  }

  private OciRuntime runtime() throws IOException {
    return OciRuntime.on(
        new OciSettings(
            "volume-" + ProcessHandle.current().pid(),
            disks.directory("node"),
            List.of(disks.directory()),
            Map.of()),
        NodeWorld.syscalls(),
        NodeWorld.children(),
        new OpenatRemoval(NodeWorld.syscalls()),
        MountTable.reader(),
        new ContainerMeters(Meters.none()),
        Clock.systemUTC());
  }

  @AfterEach
  void endEverything() throws Exception {
    world.close();
    for (var container : runtime.list()) {
      runtime.removePod(container.pod().uid());
    }
    runtime.close();
  }

  private String log(NodeAgent agent, Pod pod) throws Exception {
    var target =
        new ContainerTarget(NodeWorld.NODE, NodeWorld.NAMESPACE, "p", pod.metadata().uid(), "main");
    try (var in = agent.containers().logs(target, LogQuery.ALL)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aPodOnALocalDiskRunsAndOutlivesTheServer() throws Exception {
    var agent = world.start();
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    var pod =
        world.pod("p", "claim", "sh", "-c", "echo from-inside > /data/file; echo up; sleep 1000");

    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    eventually(() -> assertThat(log(agent, pod)).isEqualTo("up\n"));
    assertThat(world.mountOf(pod, "pv-1").resolve("file")).hasContent("from-inside");
    var before = runtime.list().getFirst();
    var mounts = world.mounts();

    // The process of the server ends; another one finds everything as it was.
    world.stop();
    runtime.close();
    assertThat(ProcessHandle.of(pid(before)).map(ProcessHandle::isAlive)).contains(true);
    runtime = runtime();
    var next = world.succeed(runtime);
    world = next;
    next.start();
    eventually(() -> assertThat(runtime.list()).singleElement().isEqualTo(before));
    assertThat(next.mounts()).containsExactlyInAnyOrderElementsOf(mounts);
    assertThat(next.phase("p")).isEqualTo("Running");

    next.deletePod("p");
    eventually(() -> assertThat(next.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(next.mounts()).isEmpty());
    assertThat(next.root().resolve("pods")).isEmptyDirectory();
    assertThat(runtime.list()).isEmpty();
    assertThat(Files.exists(disk.image())).isTrue();
  }

  @Test
  void aContainerThatIsNotRootReadsAndWritesARawDevice() throws Exception {
    var agent = world.start();
    var disk = disks.disk(32 * MIB);
    world.volume("pv-1", disk.device(), 32 * MIB, spec -> spec.put("volumeMode", "Block"));
    world.create(
        ResourceTypes.CLAIM,
        json(
            """
            {'metadata':{'name':'claim'},'spec':{'accessModes':['ReadWriteOnce'],
              'storageClassName':'local-storage','volumeMode':'Block',
              'resources':{'requests':{'storage':'1Mi'}}}}"""));
    world.bind("claim", "pv-1");
    world.pod(
        "p",
        "claim",
        spec -> {
          spec.put("restartPolicy", "Never");
          spec.set("securityContext", json("{'runAsUser':1234,'runAsGroup':1234,'fsGroup':4711}"));
          var main = (ObjectNode) spec.at("/containers/0");
          main.remove("volumeMounts");
          main.putArray("volumeDevices")
              .addObject()
              .put("name", "data")
              .put("devicePath", "/dev/xvda");
        },
        "sh",
        "-c",
        "printf raw | dd of=/dev/xvda conv=notrunc,fsync 2>/dev/null; head -c 3 /dev/xvda");
    var pod = world.pod("p").orElseThrow();
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Succeeded"));
    assertThat(log(agent, pod)).isEqualTo("raw");
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aContainerReadsSettingsAndSecretsAndCannotWriteThem() throws Exception {
    var agent = world.start();
    world.create(ResourceTypes.CONFIG_MAP, json("{'metadata':{'name':'app'},'data':{'a':'one'}}"));
    world.create(
        ResourceTypes.SECRET, json("{'metadata':{'name':'s'},'stringData':{'p':'hunter2'}}"));
    var script =
        "cat /data/a /data/p; echo $A; touch /data/x 2>/dev/null || echo read-only;"
            + " while ! grep -q two /data/a; do sleep 0.05; done; echo; cat /data/a; cat /part";
    world.pod(
        "p",
        "none",
        spec -> {
          spec.set(
              "volumes",
              json("""
                      {'v':[{'name':'data','projected':{'sources':[
                        {'configMap':{'name':'app'}},{'secret':{'name':'s'}}]}}]}""")
                  .path("v"));
          var main = (ObjectNode) spec.at("/containers/0");
          main.setAll(
              json(
                  """
                  {'env':[{'name':'A','valueFrom':{'configMapKeyRef':{'name':'app','key':'a'}}}],
                   'volumeMounts':[{'name':'data','mountPath':'/data'},
                    {'name':'data','mountPath':'/part','subPath':'a'}]}"""));
          spec.put("restartPolicy", "Never");
        },
        "sh",
        "-c",
        script);
    var pod = world.pod("p").orElseThrow();
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    eventually(() -> assertThat(log(agent, pod)).isEqualTo("onehunter2one\nread-only\n"));
    world.patch(ResourceTypes.CONFIG_MAP, "app", Resources.OBJECT, "{'data':{'a':'two'}}");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Succeeded"));
    assertThat(log(agent, pod)).endsWith("read-only\n\ntwoone");
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  private static long pid(ContainerStatus status) {
    return ((ContainerState.Running) status.state()).pid();
  }
}
