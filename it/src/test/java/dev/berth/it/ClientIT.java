package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client commands, as a person on a host without kubectl types them. */
class ClientIT {
  private static final BerthProcess server = BerthProcess.start("--roles", "api");

  @TempDir Path dir;

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void applyCreatesThenChangesThenLeavesAlone() throws IOException {
    var file = Files.writeString(dir.resolve("sc.yaml"), storageClass("apply-a", "Retain"));
    assertThat(server.berth("apply", "-f", file.toString()).ok())
        .isEqualTo("storageclass.storage.k8s.io/apply-a created\n");
    assertThat(server.berth("apply", "-f", file.toString()).ok())
        .isEqualTo("storageclass.storage.k8s.io/apply-a unchanged\n");
    Files.writeString(file, storageClass("apply-a", "Retain") + "allowVolumeExpansion: true\n");
    assertThat(server.berth("apply", "-f", file.toString()).ok())
        .isEqualTo("storageclass.storage.k8s.io/apply-a configured\n");
    assertThat(server.berth("get", "sc/apply-a", "-o", "jsonpath={.allowVolumeExpansion}").ok())
        .isEqualTo("true");
  }

  @Test
  void applyAndKubectlApplyUnderstandEachOther() throws IOException {
    var file = Files.writeString(dir.resolve("claim.yaml"), claim("both", "a: one"));
    server.kubectl("apply", "-f", file.toString()).ok();
    assertThat(server.berth("apply", "-f", file.toString()).ok()).endsWith("/both unchanged\n");
    Files.writeString(file, claim("both", "b: two"));
    assertThat(server.berth("apply", "-f", file.toString()).ok()).endsWith("/both configured\n");
    assertThat(server.berth("get", "pvc", "both", "-o", "jsonpath={.metadata.labels}").ok())
        .isEqualTo("{\"b\":\"two\"}");
    assertThat(server.kubectl("apply", "-f", file.toString()).ok()).contains("unchanged");
  }

  @Test
  void applyReadsDirectoriesStandardInputAndJson() throws IOException {
    Files.writeString(
        dir.resolve("1.yaml"), claim("many-1", "x: z") + "---\n" + claim("many-2", "x: z"));
    Files.writeString(
        dir.resolve("2.json"),
        """
        {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace",
          "metadata":{"name":"many"}}]}
        """);
    Files.writeString(dir.resolve("notes.txt"), "not a manifest");
    assertThat(server.berth("apply", "-f", dir.toString()).ok())
        .isEqualTo(
            """
            persistentvolumeclaim/many-1 created
            persistentvolumeclaim/many-2 created
            namespace/many created
            """);
    assertThat(server.berthReading(claim("many-3", "x: z"), "apply", "-n", "many", "-f", "-").ok())
        .isEqualTo("persistentvolumeclaim/many-3 created\n");
    assertThat(server.berth("get", "pvc", "-n", "many", "-o", "name").ok())
        .isEqualTo("persistentvolumeclaim/many-3\n");
  }

  @Test
  void oneBadObjectDoesNotKeepTheOthersBack() throws IOException {
    var file =
        Files.writeString(
            dir.resolve("mixed.yaml"),
            claim("Bad_Name", "x: z") + "---\n" + claim("good", "x: z") + "---\nkind: Nothing\n");
    var result = server.berth("apply", "-f", file.toString());
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEqualTo("persistentvolumeclaim/good created\n");
    assertThat(result.err())
        .contains(file + ": ")
        .contains("Bad_Name")
        .contains("an object needs apiVersion and kind");
  }

  @Test
  void getPrintsColumnsAsKubectlDoes() {
    server.berthReading(storageClass("columns", "Delete"), "create", "-f", "-").ok();
    assertThat(ageless(server.berth("get", "sc", "columns").ok()))
        .isEqualTo(ageless(server.kubectl("get", "sc", "columns").ok()));
    assertThat(server.berth("get", "ns,sc/columns").code()).isEqualTo(2);
    assertThat(server.berth("get", "ns", "default", "kube-system").ok())
        .startsWith("NAME ")
        .contains("default ")
        .contains("kube-system ");
  }

  @Test
  void getPrintsWhatIsStored() {
    server.berthReading(claim("stored", "x: z"), "create", "-f", "-").ok();
    assertThat(server.berth("get", "pvc", "stored", "-o", "yaml").ok())
        .contains("kind: PersistentVolumeClaim\n")
        .contains("  name: stored\n");
    assertThat(server.berth("get", "pvc", "stored", "-o", "json").ok())
        .contains("\"name\" : \"stored\"");
    assertThat(server.berth("get", "pvc", "-l", "x=z", "-A", "-o", "name").ok())
        .contains("persistentvolumeclaim/stored\n");
    assertThat(server.berth("get", "pvc", "--field-selector", "metadata.name=stored").ok().lines())
        .hasSize(2);
  }

  @Test
  void getFollowsChanges() throws IOException {
    var follow =
        new ProcessBuilder(
            BerthProcess.distribution().resolve("bin/berth").toString(),
            "get",
            "pvc",
            "-l",
            "follow=yes",
            "-w",
            "--no-headers");
    follow.environment().put("BERTH_SOCKET", server.socket().toString());
    var process = follow.start();
    try (var lines = process.inputReader()) {
      server.berthReading(claim("followed", "follow: \"yes\""), "create", "-f", "-").ok();
      assertThat(lines.readLine()).startsWith("followed ");
      server.berth("delete", "pvc", "followed", "--wait=false").ok();
      assertThat(lines.readLine()).startsWith("followed ");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void explainSaysWhoCannotAnswer() {
    var result = server.berth("explain", "pvc/nothing");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("nothing is decided by this server");
    assertThat(server.berth("explain", "pv/nothing").err()).contains("berth explain pvc/NAME");
    assertThat(server.berth("explain", "pvc/a", "--limit", "0").code()).isEqualTo(2);
  }

  @Test
  void undeleteSaysWhatItDidOrWhyNot() {
    var result = server.berth("undelete", "pv/nothing");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("persistentvolumes \"nothing\" not found");
    assertThat(server.berth("undelete", "pvc/x").code()).isEqualTo(2);
    assertThat(server.berth("undelete", "pv").code()).isEqualTo(2);
  }

  @Test
  void releaseSaysWhatItDidOrWhyNot() {
    var result = server.berth("release", "pv/nothing");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("persistentvolumes \"nothing\" not found");
    assertThat(server.berth("release", "pvc/x").code()).isEqualTo(2);
  }

  @Test
  void createFailsWhereSomethingIs() {
    server.berthReading(claim("twice", "x: z"), "create", "-f", "-").ok();
    assertThat(server.berthReading(claim("twice", "x: z"), "create", "-f", "-").failed())
        .contains("AlreadyExists")
        .contains("\"twice\" already exists");
  }

  @Test
  void deleteTakesNamesFilesAndLabels() throws IOException {
    var file = Files.writeString(dir.resolve("c.yaml"), storageClass("gone-1", "Delete"));
    server.berth("create", "-f", file.toString()).ok();
    assertThat(server.berth("delete", "-f", file.toString()).ok())
        .isEqualTo("storageclass.storage.k8s.io/gone-1 deleted\n");
    assertThat(server.berth("delete", "sc/gone-1").failed()).contains("NotFound");
    server.berth("delete", "sc/gone-1", "--ignore-not-found").ok();
    var labelled = storageClass("gone-2", "Delete").replace("name:", "labels: {go: away}, name:");
    server.berthReading(labelled, "create", "-f", "-").ok();
    assertThat(server.berth("delete", "sc", "-l", "go=away").ok()).contains("gone-2 deleted");
    assertThat(server.berth("delete", "sc").code()).isEqualTo(2);
  }

  @Test
  void waitEndsWhenTheStateIsThereAndGivesUpInTime() {
    server.berthReading(claim("awaited", "x: z"), "create", "-f", "-").ok();
    assertThat(server.berth("wait", "pvc/awaited", "--for=jsonpath={.metadata.labels.x}=z").ok())
        .isEqualTo("persistentvolumeclaim/awaited condition met\n");
    assertThat(server.berth("wait", "pvc/awaited", "--for=condition=Done", "--timeout=1s").failed())
        .contains("timed out waiting for condition=Done of persistentvolumeclaim/awaited");
    assertThat(server.berth("wait", "pvc/nobody", "--for=condition=Done").failed())
        .contains("persistentvolumeclaim/nobody not found");
    server.berth("wait", "pvc/nobody", "--for=delete").ok();
  }

  @Test
  void describeTellsFieldsAndEvents() {
    server.berthReading(claim("described", "x: z"), "create", "-f", "-").ok();
    var uid = server.berth("get", "pvc/described", "-o", "jsonpath={.metadata.uid}").ok();
    server
        .berthReading(
            """
            apiVersion: v1
            kind: Event
            metadata: {name: described.1, namespace: default}
            involvedObject:
              {kind: PersistentVolumeClaim, namespace: default, name: described, uid: %s}
            reason: WaitForFirstConsumer
            message: waiting for first consumer to be created before binding
            type: Normal
            lastTimestamp: "2026-01-01T00:00:00Z"
            count: 2
            """
                .formatted(uid),
            "create",
            "-f",
            "-")
        .ok();
    assertThat(server.berth("describe", "pvc", "described").ok())
        .contains("Name:           described\n")
        .contains("Labels:         x=z\n")
        .containsPattern("Normal +WaitForFirstConsumer +\\S+ \\(x2\\)");
    assertThat(server.berth("events", "--for", "pvc/described").ok())
        .contains("WaitForFirstConsumer")
        .contains("PersistentVolumeClaim/described");
  }

  @Test
  void whatCannotBeIsRefusedWithTheRemedy() {
    assertThat(server.berth("get", "widgets").failed()).contains("no kind is called \"widgets\"");
    assertThat(server.berth("gt", "pv").failed()).contains("did you mean get?");
    assertThat(server.berth("get", "pv", "-o", "xml").failed()).contains("expected wide, json");
    assertThat(server.berth("get", "pvc", "nobody").failed()).contains("NotFound");
    assertThat(server.berth("get", "pv", "--socket", "/nowhere").failed())
        .contains("no server listens at /nowhere")
        .contains("berth server");
    assertThat(server.berthReading("a: [", "apply", "-f", "-").failed()).contains("not YAML");
    assertThat(server.berth("apply", "-f", "/nowhere.yaml").failed()).contains("/nowhere.yaml");
    assertThat(server.berth("logs", "nobody").failed()).contains("NotFound");
    assertThat(server.berth("exec", "nobody", "--", "true").failed()).contains("nobody");
  }

  private static String ageless(String table) {
    return table.replaceAll("\\d+s\\n", "AGE\n");
  }

  private static String storageClass(String name, String policy) {
    return """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: %s}
        provisioner: kubernetes.io/no-provisioner
        reclaimPolicy: %s
        """
        .formatted(name, policy);
  }

  private static String claim(String name, String label) {
    return """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: %s
          labels: {%s}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 1Gi}}
        """
        .formatted(name, label);
  }
}
