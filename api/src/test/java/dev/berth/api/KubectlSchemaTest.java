package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the real kubectl makes of the schemas that it is told. */
@Timeout(120)
class KubectlSchemaTest {
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pod.spec.containers|image\t<string>|volumeMounts\t<[]VolumeMount>",
        "pvc.spec|accessModes\t<[]string>|storageClassName\t<string>",
        "pv|spec\t<PersistentVolumeSpec>|metadata\t<ObjectMeta>",
        "sc|parameters\t<map[string]string>|allowVolumeExpansion\t<boolean>",
        "leases.spec|renewTime\t<string>|a time like",
        "pod.spec.terminationGracePeriodSeconds|<integer>|a whole number",
      })
  void explainTellsTheFields(String what, String one, String another) {
    assertThat(kubectl("explain", what)).contains(one.strip(), another.strip());
    assertThat(kubectl("explain", what, "--recursive")).isNotEmpty();
  }

  @Test
  void applyMergesListsAndLeavesWhatOthersAdded() {
    var manifest =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: merged}
        spec:
          nodeName: node-1
          containers: [{name: main, image: host}]
        """;
    var file = server.file("merged.yaml", manifest).toString();
    kubectl("apply", "-f", file);
    var others = "{\"metadata\":{\"labels\":{\"theirs\":\"1\"},\"finalizers\":[\"a.b/c\"]}}";
    kubectl("patch", "pod", "merged", "-p", others);
    server.file("merged.yaml", manifest.replace("image: host", "image: other"));
    var applied = server.kubectl("apply", "-f", file, "-v=8");
    assertThat(applied.success()).isEqualTo("pod/merged configured\n");
    assertThat(applied.err())
        .as("the patch, which says what tells containers apart")
        .contains("$setElementOrder/containers\\\":[{\\\"name\\\":\\\"main\\\"}]");
    assertThat(
            kubectl(
                "get",
                "pod",
                "merged",
                "-o",
                "jsonpath={.spec.containers[0].image} {.metadata.labels.theirs}"
                    + " {.metadata.finalizers}"))
        .isEqualTo("other 1 [\"a.b/c\"]");
  }
}
