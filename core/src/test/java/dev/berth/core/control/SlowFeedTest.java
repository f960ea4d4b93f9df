package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import org.junit.jupiter.api.Test;

/** The loop is slower than the world around it. */
class SlowFeedTest {

  @Test
  void aFeedThatEndsWithChangesLeftInItIsFollowedByAnother() {
    var cluster = new TestCluster(Controllers.all(true, true), 2).settle();
    cluster.put(
        Manifest.storageClass("a", true),
        Manifest.storageClass("b", true),
        Manifest.volume("v", "1Gi"),
        Manifest.claim("c", "1Gi"));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }
}
