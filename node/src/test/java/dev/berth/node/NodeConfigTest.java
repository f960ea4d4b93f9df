package dev.berth.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What may be said of a node. */
class NodeConfigTest {
  private static NodeConfig config(String name, Map<String, Path> pools) {
    return new NodeConfig(name, Path.of("/var/lib/berth/node"), Map.of(), pools, false, 0, "v1");
  }

  private static void isRefused(Map<String, Path> pools, String... why) {
    assertThatThrownBy(() -> config("node-1", pools))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(why);
  }

  @Test
  void eachPoolHasADirectoryOfItsOwn() {
    var pools = Map.of("fast", Path.of("/ssd"), "slow", Path.of("/disk"));
    assertThat(config("node-1", pools).pools()).isEqualTo(pools);
    isRefused(
        Map.of("fast", Path.of("/ssd"), "slow", Path.of("/disk/../ssd")),
        "pools fast and slow",
        "same directory",
        "of its own");
  }

  @Test
  void aPoolIsOutsideOfTheNodesRoot() {
    isRefused(Map.of("fast", Path.of("/var/lib/berth/node/pool")), "pool fast", "node's root");
    isRefused(Map.of("fast", Path.of("ssd")), "pool fast", "absolute");
    isRefused(Map.of("Fast", Path.of("/ssd")), "pool's name", "Fast");
  }
}
