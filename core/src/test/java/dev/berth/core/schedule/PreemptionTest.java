package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who has to go for whom. */
class PreemptionTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest running(String name, String node, int priority, String cpu) {
    return pod(name).nodeName(node).priority(priority).requests("cpu", cpu).phase("Running");
  }

  private boolean isGoing(String pod) {
    return !cluster.at(Keys.pod("default", pod), "metadata", "deletionTimestamp").isEmpty();
  }

  private String nominated(String pod) {
    return cluster.at(Keys.pod("default", pod), "status", "nominatedNodeName");
  }

  @Test
  void aLesserPodIsAskedToGoAndItsRoomIsPromised() {
    cluster.put(node("n1"), running("low", "n1", 1, "8")).settle();
    cluster.put(pod("vip").priority(10).requests("cpu", "8")).settle();
    assertThat(isGoing("low")).isTrue();
    assertThat(cluster.at(Keys.pod("default", "low"), "metadata", "deletionGracePeriodSeconds"))
        .isEqualTo("30");
    assertThat(nominated("vip")).isEqualTo("n1");
    assertThat(cluster.nodeOf("vip")).isEmpty();
    assertThat(cluster.whyUnscheduled("vip"))
        .isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
    assertThat(cluster.events())
        .contains("low Normal Preempted: Preempted by pod default/vip on node n1");

    // Nobody who matters less takes the room meanwhile.
    cluster.put(pod("small").priority(9).requests("cpu", "2")).settle();
    cluster.remove(Keys.pod("default", "low")).settle();
    assertThat(cluster.nodeOf("vip")).isEqualTo("n1");
    assertThat(nominated("vip")).isEmpty();
    cluster.pass(Duration.ofSeconds(2));
    assertThat(cluster.nodeOf("small")).isEqualTo("n1");
  }

  @Test
  void equalsAndThoseWhoNeverPreemptWait() {
    cluster.put(node("n1"), running("low", "n1", 1, "8")).settle();
    cluster.put(pod("equal").priority(1).requests("cpu", "8"));
    cluster.put(
        pod("polite").priority(9).requests("cpu", "8").spec("{'preemptionPolicy': 'Never'}"));
    cluster.settle();
    assertThat(isGoing("low")).isFalse();
    assertThat(nominated("polite")).isEmpty();
  }

  @Test
  void onlyAsManyGoAsMustTheLeastImportantFirst() {
    cluster.put(node("n1"));
    cluster.put(running("a", "n1", 1, "3"), running("b", "n1", 2, "3"), running("c", "n1", 3, "3"));
    cluster.settle().put(pod("vip").priority(10).requests("cpu", "4")).settle();
    assertThat(isGoing("a")).isTrue();
    assertThat(isGoing("b")).isFalse();
    assertThat(isGoing("c")).isFalse();
  }

  @Test
  void theNodeWhereTheLeastIsLost() {
    cluster.put(node("n1"), node("n2"), node("n3"));
    cluster.put(running("a", "n1", 5, "8"), running("b", "n3", 3, "4"), running("c", "n3", 3, "4"));
    cluster.put(running("d", "n2", 3, "8")).settle();
    cluster.put(pod("vip").priority(10).requests("cpu", "8")).settle();
    assertThat(nominated("vip")).isEqualTo("n2");
    assertThat(isGoing("d")).isTrue();
  }

  @Test
  void nobodyGoesWhereTheVolumeCouldNotBeHadAnyway() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(running("a", "n1", 1, "8"), running("b", "n2", 5, "8"));
    cluster.put(volume("v", "1Gi").classed("local").on("n2"));
    cluster.put(claim("c", "1Gi").classed("local")).settle();
    cluster.put(pod("vip", "c").priority(10).requests("cpu", "8")).settle();
    assertThat(isGoing("a")).isFalse();
    assertThat(isGoing("b")).isTrue();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    cluster.remove(Keys.pod("default", "b")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("vip")).isEqualTo("n2");
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void noOneGoesForATaint() {
    cluster.put(node("n1").taint("a", "", "NoSchedule"), running("low", "n1", 1, "8")).settle();
    cluster.put(pod("vip").priority(10).requests("cpu", "8")).settle();
    assertThat(isGoing("low")).isFalse();
  }

  @Test
  void anAntiAffinityGivesWayToo() {
    var apart =
        """
        {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
          {'labelSelector': {'matchLabels': {'app': 'db'}},
           'topologyKey': 'kubernetes.io/hostname'}]}}}""";
    cluster.put(node("n1"), running("low", "n1", 1, "1").label("app", "db")).settle();
    cluster.put(pod("vip").priority(10).spec(apart)).settle();
    assertThat(isGoing("low")).isTrue();
    cluster.remove(Keys.pod("default", "low")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("vip")).isEqualTo("n1");
  }

  @Test
  void whoIsPromisedANodeTakesABetterOneThatComes() {
    cluster.put(node("n1"), running("low", "n1", 1, "8")).settle();
    cluster.put(pod("vip").priority(10).requests("cpu", "8")).settle();
    cluster.put(node("n2")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("vip")).isEqualTo("n2");
  }
}
