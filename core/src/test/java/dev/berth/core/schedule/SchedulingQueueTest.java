package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.TestCluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a pod that fits nowhere is looked at again. */
class SchedulingQueueTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private long attempts(String pod) {
    return cluster.events().stream()
        .filter(event -> event.startsWith(pod + " Warning FailedScheduling"))
        .count();
  }

  @Test
  void onlyWhatCanHelpWakesIt() {
    cluster.put(node("n1"), pod("p").requests("cpu", "11")).settle();
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi"), storageClass("x", false));
    cluster.put(pod("other").nodeName("n1")).pass(Duration.ofSeconds(10));
    cluster.put(node("n2").taint("a", "", "NoSchedule"), node("n3")).settle();
    assertThat(attempts("p")).isEqualTo(1);
    cluster.put(node("n4").set("12", "status", "allocatable", "cpu")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n4");
  }

  @Test
  void aVolumeForSomebodyElseDoesNotWakeIt() {
    cluster.put(storageClass("local", true), node("n1"), claim("c", "2Gi").classed("local"));
    cluster.put(pod("p", "c")).pass(SECOND);
    cluster.put(volume("other", "9Gi").on("n1"), volume("small", "1Gi").classed("local").on("n1"));
    cluster.pass(SECOND);
    assertThat(attempts("p")).isEqualTo(1);
  }

  @Test
  void itWaitsLongerAfterEachAttempt() {
    cluster.put(storageClass("local", true), claim("c", "1Gi").classed("local"));
    cluster.put(node("n0"), pod("p", "c")).settle();
    cluster.put(node("m")).settle();
    assertThat(attempts("p")).as("the first retry is at once").isEqualTo(2);
    var expectedWaits = new int[] {1, 2, 4, 8, 10, 10};
    for (var i = 0; i < expectedWaits.length; i++) {
      cluster.put(node("m" + i)).settle();
      assertThat(attempts("p")).isEqualTo(i + 2);
      cluster.pass(Duration.ofSeconds(expectedWaits[i]).minusMillis(1));
      assertThat(attempts("p")).as("before wait %d is over", i).isEqualTo(i + 2);
      cluster.pass(Duration.ofMillis(1));
      assertThat(attempts("p")).as("after wait %d", i).isEqualTo(i + 3);
    }
  }

  @Test
  void itIsLookedAtAfterAMinuteInAnyCase() {
    cluster.put(node("n1"), pod("p").requests("cpu", "11")).settle();
    cluster.pass(Duration.ofSeconds(59));
    assertThat(attempts("p")).isEqualTo(1);
    cluster.pass(SECOND);
    assertThat(attempts("p")).isEqualTo(2);
  }

  @Test
  void theConditionIsNotWrittenAgainForTheSameReason() {
    cluster.put(node("n1"), pod("p").requests("cpu", "11")).settle();
    var revision = cluster.store.revision();
    cluster.pass(Duration.ofSeconds(61));
    assertThat(attempts("p")).isEqualTo(2);
    assertThat(cluster.store.revision()).isEqualTo(revision);
  }

  @Test
  void roomOnANodeWakesIt() {
    cluster.put(node("n1"), pod("a").nodeName("n1").requests("cpu", "6")).settle();
    cluster.put(pod("p").requests("cpu", "6")).pass(SECOND);
    cluster.remove(Keys.pod("default", "a")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aLargerNodeWakesIt() {
    cluster.put(node("n1"), pod("p").requests("cpu", "11")).pass(SECOND);
    cluster
        .change(
            Keys.node("n1"),
            tree -> tree.withObject("status").withObject("allocatable").put("cpu", "12"))
        .settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aTaintThatGoesWakesIt() {
    cluster.put(node("n1").taint("a", "b", "NoSchedule"), pod("p")).pass(SECOND);
    cluster.change(Keys.node("n1"), tree -> tree.withObject("spec").remove("taints")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aFreeVolumeWakesIt() {
    cluster.put(storageClass("local", true), node("n1"), claim("c", "1Gi").classed("local"));
    cluster.put(pod("p", "c")).pass(SECOND);
    cluster.put(volume("v", "1Gi").classed("local").on("n1")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void itsClaimWakesIt() {
    cluster.put(storageClass("local", true), node("n1"), pod("p", "c"));
    cluster.put(volume("v", "1Gi").classed("local").on("n1")).pass(SECOND);
    cluster.put(claim("c", "1Gi").classed("local")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void itsClassWakesIt() {
    cluster.put(node("n1"), claim("c", "1Gi").classed("local"), pod("p", "c")).pass(SECOND);
    cluster.put(storageClass("local", true)).pass(SECOND);
    cluster.put(volume("v", "1Gi").classed("local").on("n1")).pass(Duration.ofSeconds(2));
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aChangeOfThePodItselfIsTriedAtOnce() {
    cluster.put(node("n1").taint("a", "b", "NoSchedule"), pod("p")).settle();
    cluster.put(pod("p").tolerate("a")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }
}
