package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the real kubectl needs to set a scene, try a change, and clear a node. */
@Timeout(120)
class KubectlScenesTest {
  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: dry
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 5Gi}}
      """;
  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: drained}
      spec:
        nodeName: n8
        containers:
        - {name: main, image: host, command: [sleep, "100"]}
      """;

  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private static String kubectl(String... arguments) {
    return server.kubectl(arguments).success();
  }

  @Test
  void classesOfPriorityAreServed() {
    assertThat(kubectl("get", "priorityclasses"))
        .containsPattern("NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY")
        .containsPattern("system-node-critical +2000001000 +false .*PreemptLowerPriority");
    kubectl("create", "priorityclass", "vip", "--value=1000", "--description=first");
    var manifest = server.file("vip.yaml", podOfClass()).toString();
    kubectl("create", "-f", manifest);
    assertThat(kubectl("get", "pod", "vip-pod", "-o", "jsonpath={.spec.priority}"))
        .isEqualTo("1000");
    assertThat(kubectl("describe", "pod", "vip-pod")).containsPattern("Priority Class Name: +vip");
    kubectl("delete", "-f", manifest);
    kubectl("delete", "pc", "vip");
  }

  private static String podOfClass() {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: vip-pod}
    spec:
      priorityClassName: vip
      containers:
      - {name: main, image: host}
    """;
  }

  @Test
  void whatDriversReportIsServed() {
    var manifest =
        """
        apiVersion: storage.k8s.io/v1
        kind: CSINode
        metadata: {name: n7}
        spec: {drivers: [{name: d.x, nodeID: n7, topologyKeys: [], allocatable: {count: 3}}]}
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIStorageCapacity
        metadata: {name: free, namespace: default}
        storageClassName: fast
        capacity: 1Gi
        nodeTopology: {matchLabels: {zone: a}}
        ---
        apiVersion: storage.k8s.io/v1
        kind: VolumeAttributesClass
        metadata: {name: gold}
        driverName: d.x
        parameters: {iops: "4000"}
        """;
    var file = server.file("reports.yaml", manifest).toString();
    kubectl("apply", "-f", file);
    assertThat(kubectl("get", "csinodes")).containsPattern("n7 +1 +");
    assertThat(kubectl("get", "csistoragecapacities")).containsPattern("free +fast +1Gi");
    assertThat(kubectl("get", "vac")).containsPattern("gold +d.x +");
    assertThat(kubectl("apply", "-f", file)).doesNotContain("configured", "created");
    kubectl("delete", "-f", file);
  }

  @Test
  void aServerSideDryRunChecksEverythingAndWritesNothing() {
    var file = server.file("dry.yaml", CLAIM).toString();
    assertThat(kubectl("apply", "-f", file, "--dry-run=server"))
        .isEqualTo("persistentvolumeclaim/dry created (server dry run)\n");
    assertThat(server.kubectl("get", "pvc", "dry").err()).contains("not found");
    var bad = server.file("bad.yaml", CLAIM.replace("ReadWriteOnce", "Once")).toString();
    assertThat(server.kubectl("apply", "-f", bad, "--dry-run=server").err())
        .contains("Unsupported value: \"Once\"");
    kubectl("apply", "-f", file);
    var before = kubectl("get", "pvc", "dry", "-o", "yaml");
    var changed = CLAIM.replace("metadata:\n", "metadata:\n  labels: {tier: gold}\n");
    var other = server.file("other.yaml", changed).toString();
    assertThat(kubectl("apply", "-f", other, "--dry-run=server"))
        .isEqualTo("persistentvolumeclaim/dry configured (server dry run)\n");
    var diff = server.kubectl("diff", "-f", other);
    assertThat(diff.code()).isEqualTo(1);
    assertThat(diff.out()).contains("+    tier: gold");
    kubectl(
        "patch",
        "pvc",
        "dry",
        "-p",
        "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
        "--dry-run=server");
    kubectl("replace", "-f", other, "--dry-run=server");
    assertThat(kubectl("delete", "pvc", "dry", "--dry-run=server"))
        .contains("deleted (server dry run)");
    assertThat(kubectl("get", "pvc", "dry", "-o", "yaml")).isEqualTo(before);
  }

  @Test
  void aDrainEvictsThePods() throws Exception {
    kubectl(
        "create",
        "-f",
        server.file("n8.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n8}\n").toString());
    kubectl("create", "-f", server.file("drained.yaml", POD).toString());
    var draining =
        new ProcessBuilder(
                server.kubectlCommand(
                    "drain", "n8", "--force", "--grace-period=7", "--timeout=40s"))
            .redirectErrorStream(true)
            .start();
    try {
      await()
          .until(
              () ->
                  kubectl(
                          "get",
                          "pod",
                          "drained",
                          "-o",
                          "jsonpath={.metadata.deletionGracePeriodSeconds}")
                      .equals("7"));
      // The part of the pod's node.
      kubectl("delete", "pod", "drained", "--grace-period=0", "--force");
      assertThat(new String(draining.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("evicting pod default/drained", "pod/drained evicted", "node/n8 drained");
      assertThat(draining.waitFor()).isZero();
    } finally {
      draining.destroyForcibly();
    }
    assertThat(kubectl("get", "node", "n8")).contains("SchedulingDisabled");
  }
}
