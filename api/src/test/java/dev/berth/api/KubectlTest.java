package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real kubectl over TLS. */
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

  @Test
  void versionNamesTheServer() {
    assertThat(server.kubectl("version").success()).contains("Server Version: v1.32.0+berth");
  }

  @Test
  void applyTwiceThenDeleteByFile() {
    var file = claim("applied");
    assertThat(server.kubectl("apply", "-f", file).success())
        .isEqualTo("persistentvolumeclaim/applied created\n");
    assertThat(server.kubectl("apply", "-f", file).success())
        .isEqualTo("persistentvolumeclaim/applied unchanged\n");
    assertThat(server.kubectl("get", "pvc", "applied").success())
        .startsWith("NAME")
        .contains("local-storage");
    assertThat(server.kubectl("delete", "-f", file).success())
        .isEqualTo("persistentvolumeclaim \"applied\" deleted\n");
    assertThat(server.kubectl("get", "pvc", "applied").err())
        .isEqualTo("Error from server (NotFound): persistentvolumeclaims \"applied\" not found\n");
  }
}
