package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import dev.berth.node.runtime.ContainerMount;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** Settings, secrets and facts about pods as files and variables; containers only in name. */
class FileVolumesTest {
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

  private void settings(String name, String data) {
    world.create(
        ResourceTypes.CONFIG_MAP,
        json("{'metadata':{'name':'%s'},'data':%s}".formatted(name, data)));
  }

  private void secret(String name, String data) {
    world.create(
        ResourceTypes.SECRET,
        json("{'metadata':{'name':'%s'},'stringData':%s}".formatted(name, data)));
  }

  private void change(ResourceType type, String name, String change) {
    world.patch(type, name, Resources.OBJECT, change);
  }

  private Pod pod(String volume) {
    return pod(volume, "{}");
  }

  private Pod pod(String volume, String container) {
    var document =
        json(
            """
            {'metadata':{'name':'p','labels':{'app':'db'},'annotations':{'say':'a \\"word\\"'}},
             'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host','command':['x','$(GREETING)'],
               'volumeMounts':[{'name':'data','mountPath':'/data'}]}],
              'volumes':[%s]}}"""
                .formatted(NodeWorld.NODE, volume));
    var main = (ObjectNode) document.at("/spec/containers/0");
    main.setAll(json(container));
    if (volume.isEmpty()) {
      main.remove("volumeMounts");
    }
    world.create(ResourceTypes.POD, document);
    return world.pod("p").orElseThrow();
  }

  private void runs() {
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
  }

  private void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "Failed"))
                .anySatisfy(message -> assertThat(message).contains(why)));
    eventually(
        () ->
            assertThat(world.pod("p").orElseThrow().status().containerStatuses().toString())
                .contains(why));
    assertThat(world.phase("p")).isEqualTo("Pending");
    assertThat(containers.started()).isEmpty();
  }

  private Path files(Pod pod, String kind) {
    return world
        .root()
        .resolve("pods/%s/volumes/kubernetes.io~%s/data".formatted(pod.metadata().uid(), kind));
  }

  private void removed(Pod pod) {
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
    assertThat(world.mounts()).isEmpty();
    assertThat(world.root().resolve("pods/" + pod.metadata().uid())).doesNotExist();
  }

  @Test
  void settingsBecomeFilesThatFollowThem() throws Exception {
    settings("app", "{'a':'1','b':'2'}");
    var pod = pod("{'name':'data','configMap':{'name':'app'}}");
    runs();
    var files = files(pod, "configmap");
    assertThat(files.resolve("a")).hasContent("1");
    assertThat((int) Files.getAttribute(files.resolve("a"), "unix:mode") & 07777).isEqualTo(0644);
    assertThat(containers.started().getFirst().mounts())
        .containsExactly(new ContainerMount(files, "/data", true, ContainerMount.Propagation.NONE));

    change(ResourceTypes.CONFIG_MAP, "app", "{'data':{'a':'changed','b':null,'c':'3'}}");
    eventually(() -> assertThat(files.resolve("a")).hasContent("changed"));
    eventually(() -> assertThat(files.resolve("b")).doesNotExist());
    eventually(() -> assertThat(files.resolve("c")).hasContent("3"));
    assertThat(containers.started()).hasSize(1);
    removed(pod);
  }

  @Test
  void aMissingObjectOrKeyIsWaitedForByName() {
    var pod = pod("{'name':'data','configMap':{'name':'app','items':[{'key':'k','path':'x/y'}]}}");
    waits("configmap \"app\" not found in namespace default");
    settings("app", "{'a':'1'}");
    waits("configmap \"app\" has no key \"k\" (it has a)");
    change(ResourceTypes.CONFIG_MAP, "app", "{'data':{'k':'now'}}");
    runs();
    assertThat(files(pod, "configmap").resolve("x/y")).hasContent("now");
    removed(pod);
  }

  @Test
  void whatIsOptionalMayComeLater() {
    var pod =
        pod(
            "{'name':'data','secret':{'secretName':'s','optional':true,"
                + "'items':[{'key':'k','path':'k','mode':256}]}}");
    runs();
    secret("s", "{'k':'come'}");
    var files = files(pod, "secret");
    eventually(() -> assertThat(files.resolve("k")).hasContent("come"));
    removed(pod);
  }

  @Test
  void secretsAreInMemoryAndStayWhenTheirObjectGoes() throws Exception {
    secret("s", "{'password':'hunter2'}");
    var pod = pod("{'name':'data','secret':{'secretName':'s','defaultMode':256}}");
    runs();
    var files = files(pod, "secret");
    assertThat(files.resolve("password")).hasContent("hunter2");
    assertThat((int) Files.getAttribute(files.resolve("password"), "unix:mode") & 07777)
        .isEqualTo(0400);
    assertThat(MountTable.reader().read().at(files).orElseThrow().type()).isEqualTo("tmpfs");

    world.api().delete(ResourceTypes.SECRET, "default", "s", DeleteOptions.DEFAULT);
    world.restart();
    containers.exit(pod.metadata().uid(), "main", 1);
    eventually(() -> assertThat(containers.started()).hasSizeGreaterThan(1));
    assertThat(files.resolve("password")).hasContent("hunter2");
    removed(pod);
  }

  @Test
  void factsAboutThePodFollowIt() {
    var pod =
        pod(
            """
            {'name':'data','downwardAPI':{'items':[
              {'path':'name','fieldRef':{'fieldPath':'metadata.name'}},
              {'path':'labels','fieldRef':{'fieldPath':'metadata.labels'}},
              {'path':'annotations','fieldRef':{'fieldPath':'metadata.annotations'}},
              {'path':'memory','resourceFieldRef':{'containerName':'main',
                'resource':'limits.memory','divisor':'1Mi'}}]}}""",
            "{'resources':{'limits':{'memory':'100M'}}}");
    runs();
    var files = files(pod, "downward-api");
    assertThat(files.resolve("name")).hasContent("p");
    assertThat(files.resolve("labels")).hasContent("app=\"db\"");
    assertThat(files.resolve("annotations")).hasContent("say=\"a \\\"word\\\"\"");
    assertThat(files.resolve("memory")).hasContent("96");
    change(ResourceTypes.POD, "p", "{'metadata':{'labels':{'app':'db','role':'leader'}}}");
    eventually(() -> assertThat(files.resolve("labels")).hasContent("app=\"db\"\nrole=\"leader\""));
    removed(pod);
  }

  @Test
  void aProjectionPutsAllTogetherInMemoryWhenAnyOfItIsSecret() throws Exception {
    settings("app", "{'a':'1'}");
    secret("s", "{'p':'2'}");
    var pod =
        pod(
            """
            {'name':'data','projected':{'sources':[
              {'configMap':{'name':'app'}},
              {'secret':{'name':'s','items':[{'key':'p','path':'deep/p','mode':256}]}},
              {'downwardAPI':{'items':[{'path':'uid','fieldRef':{'fieldPath':'metadata.uid'}}]}}
            ]}}""");
    runs();
    var files = files(pod, "projected");
    assertThat(files.resolve("a")).hasContent("1");
    assertThat(files.resolve("deep/p")).hasContent("2");
    assertThat(files.resolve("uid")).hasContent(pod.metadata().uid());
    assertThat(MountTable.reader().read().at(files).orElseThrow().type()).isEqualTo("tmpfs");
    change(ResourceTypes.SECRET, "s", "{'stringData':{'p':'3'}}");
    eventually(() -> assertThat(files.resolve("deep/p")).hasContent("3"));
    removed(pod);
  }

  @Test
  void serviceAccountTokensAreRefusedByName() {
    pod("{'name':'data','projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Failed"));
    assertThat(world.pod("p").orElseThrow().status().message())
        .contains("spec.volumes[data].projected.serviceAccountToken")
        .contains("there are no service accounts");
  }

  @Test
  void aPartOfThemStaysAsItWasWhenTheContainerStarted() {
    settings("app", "{'a':'1'}");
    var pod =
        pod(
            "{'name':'data','configMap':{'name':'app'}}",
            "{'volumeMounts':[{'name':'data','mountPath':'/a','subPath':'a'},"
                + "{'name':'data','mountPath':'/data'}]}");
    runs();
    var part = containers.started().getFirst().mounts().getFirst().hostPath();
    assertThat(part).hasContent("1");
    change(ResourceTypes.CONFIG_MAP, "app", "{'data':{'a':'2'}}");
    eventually(() -> assertThat(files(pod, "configmap").resolve("a")).hasContent("2"));
    assertThat(part).hasContent("1");
    removed(pod);
  }

  @Test
  void filesBelongToThePodsGroup() throws Exception {
    settings("app", "{'a':'1'}");
    var document =
        json(
            """
            {'metadata':{'name':'p'},'spec':{'nodeName':'%s','securityContext':{'fsGroup':4711},
              'terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host',
               'volumeMounts':[{'name':'data','mountPath':'/data'}]}],
              'volumes':[{'name':'data','configMap':{'name':'app','defaultMode':256}}]}}"""
                .formatted(NodeWorld.NODE));
    world.create(ResourceTypes.POD, document);
    runs();
    var pod = world.pod("p").orElseThrow();
    var file = files(pod, "configmap").resolve("a");
    assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(4711);
    assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(0440);
    removed(pod);
  }

  @Test
  void variablesComeFromSettingsSecretsAndThePod() {
    secret("s", "{'p':'hunter2'}");
    settings("app", "{'GREETING':'overridden','PORT':'80'}");
    var pod =
        pod(
            "",
            """
            {'envFrom':[{'configMapRef':{'name':'app'}},
              {'prefix':'S_','secretRef':{'name':'s'}},
              {'configMapRef':{'name':'none','optional':true}}],
             'env':[{'name':'GREETING','value':'hello $(PORT)'},
              {'name':'PASSWORD','valueFrom':{'secretKeyRef':{'name':'s','key':'p'}}},
              {'name':'ABSENT','valueFrom':{'configMapKeyRef':{'name':'app','key':'x',
                'optional':true}}},
              {'name':'CPU','valueFrom':{'resourceFieldRef':{'resource':'requests.cpu',
                'divisor':'1m'}}},
              {'name':'NODE','valueFrom':{'fieldRef':{'fieldPath':'spec.nodeName'}}}],
             'resources':{'requests':{'cpu':'250m'}}}""");
    runs();
    var process = containers.started().getFirst().process();
    assertThat(process.env())
        .containsEntry("GREETING", "hello 80")
        .containsEntry("S_p", "hunter2")
        .containsEntry("PASSWORD", "hunter2")
        .containsEntry("CPU", "250")
        .containsEntry("NODE", NodeWorld.NODE)
        .doesNotContainKey("ABSENT");
    assertThat(process.command()).containsExactly("x", "hello 80");
    removed(pod);
  }

  @Test
  void aMissingVariableIsWaitedForByName() {
    var pod = pod("", "{'env':[{'name':'P','valueFrom':{'secretKeyRef':{'name':'s','key':'p'}}}]}");
    waits("secret \"s\" not found in namespace default");
    secret("s", "{'p':'hunter2'}");
    runs();
    assertThat(containers.started().getFirst().process().env()).containsEntry("P", "hunter2");
    removed(pod);
  }
}
