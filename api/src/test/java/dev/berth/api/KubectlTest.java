package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.api.document.YamlDocuments;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real kubectl over TLS, with the kubeconfig that the first start wrote. */
@Timeout(120)
class KubectlTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /** A file with a claim. */
  private static String claim(String name) {
    var manifest =
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: %s
        spec:
          accessModes: [ReadWriteOnce]
          storageClassName: local-storage
          resources: {requests: {storage: 5Gi}}
        """
            .formatted(name);
    return server.file(name + ".yaml", manifest).toString();
  }

  private static String pod(String name) {
    var manifest =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          labels: {app: demo}
        spec:
          nodeName: node-1
          containers:
          - {name: main, image: host, command: [sleep, "100"]}
        """
            .formatted(name);
    return server.file(name + ".yaml", manifest).toString();
  }

  private static String volume(String name) {
    var manifest =
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s}
        spec:
          capacity: {storage: 5Gi}
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: Delete
          storageClassName: local-storage
          local: {path: /mnt/disks/vol1}
          nodeAffinity:
            required:
              nodeSelectorTerms:
              - matchExpressions:
                - {key: kubernetes.io/hostname, operator: In, values: [node-1]}
        """
            .formatted(name);
    return server.file(name + ".yaml", manifest).toString();
  }

  private static void status(ResourceType type, String namespace, String name, String status) {
    var patch = Json.parseObject(("{\"status\":" + status + "}").getBytes(StandardCharsets.UTF_8));
    server.resources.patch(
        type, namespace, name, Resources.STATUS, new Patch.MergePatch(patch), WriteOptions.DEFAULT);
  }

  private static String kubectl(String... arguments) {
    return server.kubectl(arguments).success();
  }

  @Test
  void versionNamesTheServer() {
    assertThat(kubectl("version")).contains("Server Version: v1.32.0+berth");
  }

  @Test
  void apiResourcesAreListed() {
    assertThat(kubectl("api-resources"))
        .containsPattern("persistentvolumeclaims +pvc +v1 +true +PersistentVolumeClaim")
        .containsPattern("storageclasses +sc +storage.k8s.io/v1 +false +StorageClass");
    assertThat(kubectl("api-versions")).contains("coordination.k8s.io/v1", "storage.k8s.io/v1");
  }

  @Test
  void anAdministratorMayDoAll() {
    assertThat(kubectl("auth", "can-i", "delete", "pv")).isEqualTo("yes\n");
    assertThat(kubectl("auth", "can-i", "--list")).contains("*.*");
    assertThat(kubectl("auth", "whoami")).contains("berth-admin", "system:masters");
  }

  @Test
  void settingsAndSecretsAreMadeShownAndChanged() {
    kubectl("create", "configmap", "settings", "--from-literal=a=1", "--from-literal=b=2");
    kubectl("create", "secret", "generic", "password", "--from-literal=p=hunter2");
    assertThat(kubectl("get", "cm", "settings")).containsPattern("settings +2 +");
    assertThat(kubectl("get", "secret", "password")).containsPattern("password +Opaque +1 +");
    assertThat(kubectl("get", "secret", "password", "-o", "jsonpath={.data.p}"))
        .isEqualTo("aHVudGVyMg==");
    assertThat(kubectl("describe", "secret", "password")).contains("p:  7 bytes");
    kubectl("patch", "secret", "password", "-p", "{\"stringData\":{\"p\":\"x\"}}");
    assertThat(kubectl("get", "secret", "password", "-o", "jsonpath={.data.p}")).isEqualTo("eA==");
    kubectl("patch", "cm", "settings", "-p", "{\"immutable\":true}");
    assertThat(server.kubectl("patch", "cm", "settings", "-p", "{\"data\":{\"a\":\"3\"}}").err())
        .contains("field is immutable when `immutable` is set");
    kubectl("delete", "cm/settings", "secret/password");
  }

  @Test
  void applyTwiceThenDeleteByFile() {
    var manifest =
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: applied}
        provisioner: kubernetes.io/no-provisioner
        volumeBindingMode: WaitForFirstConsumer
        """;
    var file = server.file("applied.yaml", manifest).toString();
    assertThat(kubectl("apply", "-f", file)).endsWith("/applied created\n");
    assertThat(kubectl("apply", "-f", file)).endsWith("/applied unchanged\n");
    assertThat(kubectl("diff", "-f", file)).isEmpty();
    assertThat(kubectl("get", "sc", "applied")).startsWith("NAME").contains("WaitForFirstConsumer");
    assertThat(kubectl("delete", "-f", file))
        .isEqualTo("storageclass.storage.k8s.io \"applied\" deleted\n");
    assertThat(server.kubectl("get", "sc", "applied").err())
        .isEqualTo(
            "Error from server (NotFound): storageclasses.storage.k8s.io \"applied\" not found\n");
  }

  @Test
  void createReplaceAndErrors() {
    var file = claim("created");
    assertThat(kubectl("create", "-f", file)).contains("created");
    assertThat(server.kubectl("create", "-f", file).err())
        .contains("Error from server (AlreadyExists)")
        .contains("persistentvolumeclaims \"created\" already exists");
    assertThat(kubectl("replace", "-f", file)).contains("replaced");
    assertThat(kubectl("create", "namespace", "made")).isEqualTo("namespace/made created\n");
    assertThat(kubectl("create", "-f", pod("elsewhere"), "-n", "made", "--dry-run=server"))
        .contains("created (server dry run)");
    assertThat(kubectl("get", "pods", "-n", "made")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"v1,Service", "apps/v1,Deployment"})
  void aKindThatIsNotServedIsNamed(String version, String kind) {
    var manifest = "apiVersion: %s\nkind: %s\nmetadata: {name: x}\n".formatted(version, kind);
    var file = server.file("unknown.yaml", manifest).toString();
    for (var verb : List.of("create", "apply")) {
      assertThat(server.kubectl(verb, "-f", file).err())
          .contains("no matches for kind \"%s\" in version \"%s\"".formatted(kind, version));
    }
  }

  @Test
  void tablesShowTheColumnsThatUsersKnow() {
    kubectl("create", "-f", volume("shown"));
    status(ResourceTypes.VOLUME, "", "shown", "{\"phase\":\"Available\"}");
    assertThat(kubectl("get", "pv", "shown"))
        .containsPattern(
            "NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS +CLAIM +STORAGECLASS .*AGE")
        .containsPattern("shown +5Gi +RWO +Delete +Available +local-storage");
    assertThat(kubectl("get", "pv", "shown", "-o", "wide")).contains("VOLUMEMODE");
    assertThat(kubectl("get", "pv", "shown", "-o", "name")).isEqualTo("persistentvolume/shown\n");
    assertThat(kubectl("get", "pv", "shown", "-o", "jsonpath={.spec.local.path}"))
        .isEqualTo("/mnt/disks/vol1");
    assertThat(kubectl("get", "pv,ns", "--show-labels")).contains("persistentvolume/shown");
    assertThat(kubectl("describe", "pv", "shown"))
        .contains("LocalVolume", "/mnt/disks/vol1", "kubernetes.io/hostname in [node-1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "strategic|{\"metadata\":{\"labels\":{\"k\":\"strategic\"}}}",
        "merge|{\"metadata\":{\"labels\":{\"k\":\"merge\"}}}",
        "json|[{\"op\":\"add\",\"path\":\"/metadata/labels/k\",\"value\":\"json\"}]",
      })
  void patchesOfEachType(String type, String patch) {
    var name = "patched-" + type;
    kubectl("create", "-f", pod(name));
    assertThat(kubectl("patch", "pod", name, "--type=" + type, "-p", patch)).contains("patched");
    assertThat(kubectl("get", "pod", name, "-o", "jsonpath={.metadata.labels.k}")).isEqualTo(type);
  }

  @Test
  void labelAnnotateAndEdit() {
    kubectl("create", "-f", pod("edited"));
    assertThat(kubectl("label", "pod", "edited", "tier=back")).isEqualTo("pod/edited labeled\n");
    assertThat(kubectl("annotate", "pod", "edited", "note=hello")).contains("annotated");
    var edited =
        server.run(
            "",
            server.kubectlCommand("edit", "pod", "edited"),
            Map.of("KUBE_EDITOR", "sed -i s/hello/changed/"));
    assertThat(edited.success()).isEqualTo("pod/edited edited\n");
    assertThat(
            kubectl(
                "get",
                "pod",
                "-l",
                "tier=back",
                "-o",
                "jsonpath={.items[*].metadata.annotations.note}"))
        .isEqualTo("changed");
    assertThat(kubectl("get", "pods", "--field-selector", "metadata.name=edited", "-o", "name"))
        .isEqualTo("pod/edited\n");
  }

  @Test
  void describeTellsAPodAndItsEvents() throws IOException {
    kubectl("create", "-f", pod("described"));
    var event =
        """
        {"metadata":{"name":"described.1"},"reason":"FailedMount","type":"Warning",
         "message":"the disk was renamed",
         "involvedObject":{"kind":"Pod","name":"described","namespace":"default","uid":"%s"}}"""
            .formatted(kubectl("get", "pod", "described", "-o", "jsonpath={.metadata.uid}"));
    server.resources.create(
        ResourceTypes.EVENT,
        "default",
        Json.parseObject(event.getBytes(StandardCharsets.UTF_8)),
        WriteOptions.DEFAULT);
    assertThat(kubectl("describe", "pod", "described"))
        .contains("Image:      host")
        .containsPattern("Warning +FailedMount .*the disk was renamed");
    assertThat(kubectl("get", "events")).contains("the disk was renamed");
    assertThat(kubectl("describe", "pvc")).isNotNull();
  }

  @Test
  void watchingShowsWhatHappens() throws Exception {
    kubectl("create", "-f", pod("watched"));
    var output = Files.createTempFile(server.directory, "watch", "");
    var watching =
        new ProcessBuilder(server.kubectlCommand("get", "pods", "-w", "-l", "app=demo"))
            .redirectOutput(output.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      await().untilAsserted(() -> assertThat(output).content().contains("watched"));
      status(ResourceTypes.POD, "default", "watched", "{\"phase\":\"Running\"}");
      await()
          .untilAsserted(() -> assertThat(output).content().containsPattern("watched .*Running"));
      kubectl("create", "-f", pod("watched-too"));
      await().untilAsserted(() -> assertThat(output).content().contains("watched-too"));
    } finally {
      watching.destroyForcibly().waitFor();
    }
  }

  @Test
  void waitingEndsWhenTheConditionComes() throws Exception {
    kubectl("create", "-f", pod("awaited"));
    var waiting =
        new ProcessBuilder(
                server.kubectlCommand(
                    "wait", "--for=condition=Ready", "pod/awaited", "--timeout=30s"))
            .redirectErrorStream(true)
            .start();
    try {
      await().until(() -> server.store.feeds().size() > 0);
      status(
          ResourceTypes.POD,
          "default",
          "awaited",
          "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}");
      assertThat(new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("pod/awaited condition met\n");
      assertThat(waiting.waitFor()).isZero();
    } finally {
      waiting.destroyForcibly();
    }
    assertThat(kubectl("delete", "pod", "awaited", "--grace-period=0", "--force"))
        .contains("deleted");
  }

  /** Whatever YAML means to kubectl, it means here. */
  @Test
  void yamlMeansTheSameToBoth() throws IOException {
    var manifest =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: s, namespace: default}
        spec:
          n: no
          on: off
          list: [y, n, Y, N, yes, on, ~, null, Null, 0x10, 0644, 0o17, 0b11, +5, -0x1F, 1_000,
            1.50, 1e3, .5, 5., -1.5E-3, 08, 0_7, 2001-01-01, 1:30, "yes", 'x', !!str 12, !!int "3",
            tRue, 1.2.3, 10Gi, 100m, "", 0.10, 1E+2, "-0", -0, 0]
          anchors: &a {b: [1, 2], c: x}
          literal: |
            text
              more
          merged: {<<: *a, d: *a}
          folded: >-
            one
            two
          1: one
          2.5: two
          "<<": x
          dup: 1
        """;
    var file = Files.writeString(server.directory.resolve("scalars.yaml"), manifest);
    var theirs =
        kubectl(
            "create", "-f", file.toString(), "--dry-run=client", "--validate=false", "-o", "json");
    var ours = YamlDocuments.read(Files.readAllBytes(Path.of(file.toString())));
    assertThat(ours).hasSize(1);
    assertThat(normal(ours.getFirst().value().toString())).isEqualTo(normal(theirs));
  }

  /** With members sorted and numbers in one form. */
  private static String normal(String json) {
    return server
        .run(
            json,
            List.of(
                "python3",
                "-c",
                "import json,sys; print(json.dumps(json.load(sys.stdin, parse_int=float), sort_keys=True, indent=1))"))
        .success();
  }

  @Test
  void logsArePrinted() {
    kubectl("create", "-f", pod("logging"));
    assertThat(kubectl("logs", "logging", "--tail=3", "--timestamps", "--since=10s"))
        .isEqualTo("hello from the log\n");
    assertThat(server.kubectl("logs", "logging", "-p").err())
        .contains("Error from server (NotFound): previous terminated");
    assertThat(server.kubectl("logs", "logging", "-c", "other").err())
        .contains("container other is not valid for pod logging");
  }

  @Test
  void logsAreFollowed() throws Exception {
    var source = new PipedOutputStream();
    server.containers.logs.put("followed", new PipedInputStream(source));
    var manifest = Files.readString(Path.of(pod("following"))).replace("main", "followed");
    kubectl("create", "-f", server.file("following.yaml", manifest).toString());
    var output = Files.createTempFile(server.directory, "logs", "");
    var following =
        new ProcessBuilder(server.kubectlCommand("logs", "-f", "following"))
            .redirectOutput(output.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      source.write("one\n".getBytes(StandardCharsets.UTF_8));
      source.flush();
      await().untilAsserted(() -> assertThat(output).hasContent("one\n"));
      source.write("two\n".getBytes(StandardCharsets.UTF_8));
      source.close();
      assertThat(following.waitFor()).isZero();
      assertThat(output).hasContent("one\ntwo\n");
    } finally {
      following.destroyForcibly();
    }
  }

  @Test
  void aVolumeIsAskedBackWithRawRequests() {
    var refused =
        server.kubectlWith(
            "{}", "create", "--raw", "/api/v1/persistentvolumes/nothing/undelete", "-f", "-");
    assertThat(refused.err()).contains("persistentvolumes \"nothing\" not found");
  }
}
