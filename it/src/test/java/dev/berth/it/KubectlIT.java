package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a person types into kubectl, against the packaged process with all its roles, over TLS with
 * the kubeconfig of its first start; pods really run.
 */
class KubectlIT {
  private static final BerthProcess SERVER = server();

  @TempDir private Path dir;
  private final Cluster cluster = new Cluster(SERVER);
  private Path manifest = Path.of("");

  private static BerthProcess server() {
    try {
      var config = Files.createTempFile("berth-it-kubectl-", ".yaml");
      config.toFile().deleteOnExit();
      return BerthProcess.start(
          "--config", Files.writeString(config, "imageAliases: {nginx: host}\n").toString());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  @BeforeEach
  void writeManifest() throws IOException {
    manifest =
        Files.writeString(
            dir.resolve("web.yaml"),
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
              labels: {app: web}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: web
                image: nginx
                command: [sh, -c, "echo hello from $HOSTNAME; exec sleep infinity"]
                volumeMounts: [{name: scratch, mountPath: /scratch}]
              volumes: [{name: scratch, emptyDir: {}}]
            """);
  }

  @AfterEach
  void remove() {
    kubectl("delete", "pods", "--all", "--now", "--timeout=30s");
  }

  private static String kubectl(String... arguments) {
    return SERVER.kubectl(arguments).ok();
  }

  private String file() {
    return manifest.toString();
  }

  private void run() {
    assertThat(kubectl("apply", "-f", file())).isEqualTo("pod/web created\n");
    assertThat(kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=30s"))
        .isEqualTo("pod/web condition met\n");
  }

  private void edit(String old, String now) throws IOException {
    var text = Files.readString(manifest);
    assertThat(text).contains(old);
    Files.writeString(manifest, text.replace(old, now));
  }

  @Test
  void createRefusesASecondTimeAndDeleteByFileWaitsUntilItIsGone() {
    assertThat(kubectl("create", "-f", file())).isEqualTo("pod/web created\n");
    assertThat(SERVER.kubectl("create", "-f", file()).failed())
        .contains("(AlreadyExists)")
        .contains("pods \"web\" already exists");
    assertThat(kubectl("delete", "-f", file())).isEqualTo("pod \"web\" deleted\n");
    assertThat(SERVER.kubectl("get", "pod", "web").failed())
        .isEqualTo("Error from server (NotFound): pods \"web\" not found\n");
    assertThat(SERVER.kubectl("get", "pods").err())
        .isEqualTo("No resources found in default namespace.\n");
  }

  @Test
  void applyTwiceThenWithAChangeWhichDiffShowsBefore() throws IOException {
    run();
    assertThat(kubectl("apply", "-f", file())).isEqualTo("pod/web unchanged\n");
    assertThat(SERVER.kubectl("diff", "-f", file()).code()).isZero();
    edit("{app: web}", "{app: web, tier: front}");
    var difference = SERVER.kubectl("diff", "-f", file());
    assertThat(difference.code()).as("of what differs").isEqualTo(1);
    assertThat(difference.out()).contains("+    tier: front");
    assertThat(kubectl("apply", "-f", file())).isEqualTo("pod/web configured\n");
    edit("{app: web, tier: front}", "{app: web}");
    assertThat(kubectl("apply", "-f", file())).isEqualTo("pod/web configured\n");
    assertThat(kubectl("get", "pod", "web", "-o", "jsonpath={.metadata.labels}"))
        .as("what the manifest no longer says")
        .isEqualTo("{\"app\":\"web\"}");
    edit("mountPath: /scratch", "mountPath: /elsewhere");
    assertThat(SERVER.kubectl("apply", "-f", file()).failed())
        .contains("The Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields");
  }

  @Test
  void getInEveryForm() {
    run();
    assertThat(kubectl("get", "pods"))
        .containsPattern("NAME +READY +STATUS +RESTARTS +AGE\nweb +1/1 +Running +0 +\\d+s\n");
    assertThat(kubectl("get", "pods", "-o", "wide")).containsPattern("IP +NODE").contains("node-1");
    assertThat(kubectl("get", "pod", "web", "-o", "yaml"))
        .startsWith("apiVersion: v1\nkind: Pod\nmetadata:\n")
        .contains("\n  phase: Running\n");
    assertThat(kubectl("get", "pod", "web", "-o", "json"))
        .contains("\"kind\": \"Pod\"", "\"phase\": \"Running\"");
    assertThat(kubectl("get", "pods", "-o", "name", "-l", "app=web")).isEqualTo("pod/web\n");
    assertThat(kubectl("get", "pod", "web", "-o", "jsonpath={.status.phase}")).isEqualTo("Running");
    assertThat(kubectl("get", "pods", "-o", "custom-columns=N:.metadata.name,P:.status.phase"))
        .containsPattern("web +Running");
    assertThat(kubectl("get", "pods", "--field-selector=status.phase=Running", "-o", "name"))
        .isEqualTo("pod/web\n");
    assertThat(kubectl("get", "all", "-A")).containsPattern("default +web ");
    assertThat(kubectl("get", "nodes")).containsPattern("node-1 +Ready ");
  }

  @Test
  void getWatchesWhatHappensUntilItIsGone() throws Exception {
    var seen = Files.createFile(dir.resolve("seen"));
    var builder =
        new ProcessBuilder("kubectl", "get", "pods", "-w", "--output-watch-events")
            .redirectOutput(seen.toFile())
            .redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", SERVER.kubeconfig().toString());
    builder.environment().put("HOME", dir.toString());
    var watching = builder.start();
    try {
      run();
      kubectl("delete", "-f", file());
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(seen)
                      .content()
                      .containsPattern("ADDED +web +0/1 ")
                      .containsPattern("MODIFIED +web +1/1 +Running")
                      .containsPattern("DELETED +web "));
    } finally {
      watching.destroyForcibly().waitFor();
    }
  }

  @Test
  void describeAndEventsTellThePodsStory() {
    run();
    assertThat(kubectl("describe", "pod", "web"))
        .containsPattern("Node: +node-1/")
        .containsPattern("State: +Running")
        .contains("/scratch from scratch (rw)")
        .containsPattern("Normal +Scheduled .*Successfully assigned default/web to node-1")
        .containsPattern("Normal +Started ");
    assertThat(kubectl("get", "events")).containsPattern("Normal +Scheduled +pod/web ");
    assertThat(kubectl("events", "--for=pod/web")).containsPattern("Normal +Started +Pod/web ");
    assertThat(kubectl("describe", "node", "node-1")).containsPattern("Ready +True");
  }

  @Test
  void patchesOfAllThreeTypes() {
    run();
    var patches =
        Map.of(
            "strategic",
            "{\"metadata\":{\"labels\":{\"strategic\":\"1\"}}}",
            "merge",
            "{\"metadata\":{\"labels\":{\"merge\":\"1\"}}}",
            "json",
            "[{\"op\":\"add\",\"path\":\"/metadata/labels/json\",\"value\":\"1\"}]");
    patches.forEach(
        (type, patch) ->
            assertThat(kubectl("patch", "pod", "web", "--type=" + type, "-p", patch))
                .isEqualTo("pod/web patched\n"));
    assertThat(kubectl("get", "pod", "web", "-o", "jsonpath={.metadata.labels}"))
        .isEqualTo("{\"app\":\"web\",\"json\":\"1\",\"merge\":\"1\",\"strategic\":\"1\"}");
    assertThat(
            SERVER
                .kubectl("patch", "pod", "web", "-p", "{\"spec\":{\"nodeName\":\"other\"}}")
                .failed())
        .contains("spec: Forbidden: pod updates may not change fields");
  }

  @Test
  void labelAndAnnotateAndTakeAway() {
    run();
    assertThat(kubectl("label", "pod", "web", "x=1")).isEqualTo("pod/web labeled\n");
    assertThat(SERVER.kubectl("label", "pod", "web", "x=2").failed())
        .contains("'x' already has a value (1), and --overwrite is false");
    assertThat(kubectl("label", "pod", "web", "x=2", "--overwrite")).contains("labeled");
    assertThat(kubectl("label", "pod", "web", "x-")).isEqualTo("pod/web unlabeled\n");
    assertThat(kubectl("annotate", "pod", "web", "note=y")).isEqualTo("pod/web annotated\n");
    assertThat(kubectl("get", "pod", "web", "-o", "jsonpath={.metadata.annotations.note}"))
        .isEqualTo("y");
  }

  @Test
  void logsExecAndFilesOfARunningContainer() throws IOException {
    run();
    assertThat(kubectl("logs", "web")).startsWith("hello from ");
    assertThat(kubectl("logs", "web", "--tail=1", "--timestamps"))
        .containsPattern("^\\d{4}-\\d\\d-\\d\\dT.*Z hello from ");
    assertThat(kubectl("exec", "web", "--", "sh", "-c", "echo inside; ls /scratch"))
        .isEqualTo("inside\n");
    var failed = SERVER.kubectl("exec", "web", "--", "sh", "-c", "exit 3");
    assertThat(failed.code()).isEqualTo(3);
    assertThat(SERVER.kubectlReading("some\ntext\n", "exec", "-i", "web", "--", "wc", "-l").ok())
        .isEqualToIgnoringWhitespace("2");
    kubectl("cp", file(), "web:/scratch/copy");
    assertThat(kubectl("exec", "web", "--", "cat", "/scratch/copy"))
        .isEqualTo(Files.readString(manifest));
  }

  @Test
  void waitEndsOrGivesUpInTime() {
    run();
    assertThat(kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/web"))
        .isEqualTo("pod/web condition met\n");
    assertThat(
            SERVER.kubectl("wait", "--for=condition=Nothing", "pod/web", "--timeout=1s").failed())
        .isEqualTo("error: timed out waiting for the condition on pods/web\n");
    kubectl("delete", "pod", "web", "--wait=false");
    assertThat(kubectl("wait", "--for=delete", "pod/web", "--timeout=30s")).isNotNull();
  }

  @Test
  void whatThereIsAndWhatItIsMadeOf() {
    assertThat(kubectl("api-resources"))
        .containsPattern("pods +po +v1 +true +Pod")
        .containsPattern("storageclasses +sc +storage.k8s.io/v1 +false +StorageClass");
    assertThat(kubectl("explain", "pvc.spec.resources")).contains("requests\t<map[string]string>");
    assertThat(kubectl("version")).contains("Server Version: v1.32.0+berth");
    assertThat(SERVER.kubectl("get", "deployments").failed())
        .contains("the server doesn't have a resource type \"deployments\"");
    for (var form : List.of("json", "yaml")) {
      assertThat(SERVER.kubectl("get", "pvc", "none", "-o", form).failed())
          .isEqualTo("Error from server (NotFound): persistentvolumeclaims \"none\" not found\n");
    }
  }

  @Test
  void aClaimThatCannotBeIsRefusedWithEveryFieldNamed() {
    var refused =
        SERVER.kubectlReading(
            Cluster.claim("Wrong_Name", "-1Gi", "fast").replace("ReadWriteOnce", "ReadSometimes"),
            "create",
            "-f",
            "-");
    assertThat(refused.failed())
        .contains("The PersistentVolumeClaim \"Wrong_Name\" is invalid:")
        .contains("* metadata.name: Invalid value: \"Wrong_Name\"")
        .contains("* spec.accessModes")
        .contains("* spec.resources[storage]: Invalid value");
    var unknown = Cluster.claim("typo", "1Gi", "fast").replace("resources:", "resuorces:");
    assertThat(SERVER.kubectlReading(unknown, "create", "-f", "-").failed())
        .contains("strict decoding error: unknown field \"spec.resuorces\"");
  }

  @Test
  void explainSaysWhatWouldHelpAndItHelps() {
    SERVER
        .berthReading(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: explained}
            spec:
              capacity: {storage: 5Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: none-such
              hostPath: {path: /tmp}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: explained}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: none-such
              resources: {requests: {storage: 1Gi}}
              selector: {matchLabels: {tier: gold}}
            """,
            "apply",
            "-f",
            "-")
        .ok();
    assertThat(SERVER.berth("explain", "pvc/explained").ok())
        .contains("none of 1 volumes of class \"none-such\" fits")
        .containsPattern("pv/explained +selector +labels tier=gold +labels none")
        .contains("What would help: kubectl label pv explained tier=gold --overwrite");
    SERVER.kubectl("label", "pv", "explained", "tier=gold").ok();
    await()
        .untilAsserted(
            () ->
                assertThat(SERVER.berth("explain", "pvc/explained").ok())
                    .contains("bound to volume explained"));
    assertThat(SERVER.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/none/explain").err())
        .contains("pods \"none\" not found");
    SERVER.kubectl("delete", "pvc/explained", "pv/explained").ok();
  }

  @Test
  void theNodeIsClosedAndOpenedAgain() {
    kubectl("cordon", "node-1");
    kubectl("apply", "-f", file());
    cluster.soon(
        () ->
            assertThat(kubectl("describe", "pod", "web"))
                .containsPattern("Warning +FailedScheduling .*unschedulable"));
    kubectl("uncordon", "node-1");
    cluster.awaitRunning("web");
    assertThat(SERVER.kubectl("drain", "node-1", "--force", "--dry-run=server").failed())
        .contains("cannot delete Pods with local storage");
  }
}
