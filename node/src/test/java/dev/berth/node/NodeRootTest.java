package dev.berth.node;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeRootTest {
  @TempDir Path dir;

  @Test
  void aRootIsOneProcesssAtATime() throws IOException {
    var root = dir.resolve("node");
    try (var _ = NodeRoot.take(root, "node-1")) {
      assertThatIllegalStateException()
          .isThrownBy(() -> NodeRoot.take(root, "node-1"))
          .withMessageContaining(root.toString())
          .withMessageContaining("process " + ProcessHandle.current().pid())
          .withMessageContaining("node node-1");
    }
    NodeRoot.take(root, "node-1").close();
  }

  @Test
  void aRootStaysItsNodes() throws IOException {
    NodeRoot.take(dir, "node-1").close();
    assertThatIllegalStateException()
        .isThrownBy(() -> NodeRoot.take(dir, "node-2"))
        .withMessageContaining("belongs to node node-1")
        .withMessageContaining("expected node node-2");
  }

  @Test
  void aLockThatWasCutShortIsTaken() throws IOException {
    Files.createFile(dir.resolve("lock"));
    NodeRoot.take(dir, "node-1").close();
  }
}
