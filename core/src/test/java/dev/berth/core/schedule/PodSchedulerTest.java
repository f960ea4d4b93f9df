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
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Where a pod runs. */
class PodSchedulerTest {
  private static final ObjectKey P = Keys.pod("default", "p");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest disk(String name, String size, String host) {
    return volume(name, size).classed("local").on(host);
  }

  private static Manifest localClaim(String name, String size) {
    return claim(name, size).classed("local");
  }

  @Test
  void aPodGetsANodeACconditionAndAnEvent() {
    cluster.put(node("n1"), pod("p")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
    assertThat(cluster.at(P, "status", "conditions"))
        .isEqualTo(
            "[{\"type\":\"PodScheduled\",\"status\":\"True\","
                + "\"lastTransitionTime\":\"2026-01-03T00:00:00Z\"}]");
    assertThat(cluster.events())
        .contains("p Normal Scheduled: Successfully assigned default/p to n1");
  }

  @Test
  void withoutNodes() {
    cluster.put(pod("p")).settle();
    assertThat(cluster.whyUnscheduled("p")).isEqualTo("no nodes available to schedule pods");
    assertThat(cluster.at(P, "status", "conditions")).contains("\"reason\":\"Unschedulable\"");
    assertThat(cluster.events())
        .contains("p Warning FailedScheduling: no nodes available to schedule pods");
  }

  @Test
  void podsOfOthersAreLeftAlone() {
    cluster.put(node("n1"), pod("p").set("mine", "spec", "schedulerName")).settle();
    cluster.put(pod("q").finalizer("x/y").deleting(), pod("r").phase("Failed")).settle();
    assertThat(cluster.nodeOf("p")).isEmpty();
    assertThat(cluster.nodeOf("q")).isEmpty();
    assertThat(cluster.nodeOf("r")).isEmpty();
  }

  // Nodes that cannot take it.

  @Test
  void everyReasonIsCountedAsKubernetesTellsIt() {
    cluster.put(node("full").set("1", "status", "allocatable", "pods"));
    cluster.put(
        pod("first").nodeName("full"), node("small").set("1", "status", "allocatable", "cpu"));
    cluster.put(node("poor").set("1", "status", "allocatable", "cpu"));
    cluster.put(node("tainted").taint("team", "a", "NoSchedule"));
    var cordoned = node("cordoned");
    cordoned.tree().withObject("spec").put("unschedulable", true);
    cluster.put(cordoned, pod("p").requests("cpu", "2")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/5 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {team: a},"
                + " 1 node(s) were unschedulable, 2 Insufficient cpu.");
  }

  @Test
  void severalResourcesOfOneNodeAreAllTold() {
    cluster.put(node("n1"), pod("p").requests("cpu", "11").requests("memory", "11Gi")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.");
  }

  @Test
  void anExtendedResourceThatANodeDoesNotTellIsNotThere() {
    cluster.put(node("n1"), pod("p").requests("example.com/gpu", "1")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/1 nodes are available: 1 Insufficient example.com/gpu.");
  }

  @Test
  void aNodeThatTellsNoLimitsHasNone() {
    cluster.put(Manifest.of(Keys.node("bare"), "v1", "Node"), pod("p").requests("cpu", "99"));
    cluster.settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("bare");
  }

  @Test
  void aTaintIsToleratedOrOnlyPreferred() {
    cluster.put(node("n1").taint("a", "", "NoSchedule").taint("b", "", "PreferNoSchedule"));
    cluster.put(pod("p").tolerate("a")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aNodeThatIsNotReadyIsAsIfTainted() {
    cluster.put(Manifest.of(Keys.node("n1"), "v1", "Node").condition("Ready", "False"), pod("p"));
    cluster.settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/1 nodes are available: 1 node(s) had untolerated taint"
                + " {node.kubernetes.io/not-ready: }.");
  }

  @Test
  void selectorAndAffinityMustHold() {
    cluster.put(node("n1").label("zone", "a"), node("n2").label("zone", "b").label("size", "7"));
    cluster.put(pod("p").set("b", "spec", "nodeSelector", "zone"));
    var affine = pod("q");
    affine
        .tree()
        .withObject("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")
        .putArray("nodeSelectorTerms")
        .addObject()
        .putArray("matchExpressions")
        .addObject()
        .put("key", "size")
        .put("operator", "Gt")
        .putArray("values")
        .add("5");
    cluster.put(affine, pod("r").set("c", "spec", "nodeSelector", "zone")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
    assertThat(cluster.nodeOf("q")).isEqualTo("n2");
    assertThat(cluster.whyUnscheduled("r"))
        .isEqualTo("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
  }

  @Test
  void finishedPodsGiveTheirRoomBackAndDeletedOnesToo() {
    cluster.put(node("n1"), pod("a").requests("cpu", "6").nodeName("n1").phase("Running"));
    cluster.put(pod("b").requests("cpu", "6"), pod("c").requests("cpu", "6")).settle();
    assertThat(cluster.nodeOf("b") + cluster.nodeOf("c")).isEmpty();
    cluster.change(
        Keys.pod("default", "a"), tree -> tree.withObject("status").put("phase", "Succeeded"));
    cluster.pass(Duration.ofSeconds(2));
    assertThat(cluster.nodeOf("b") + cluster.nodeOf("c")).isEqualTo("n1");
    var running = cluster.nodeOf("b").isEmpty() ? "c" : "b";
    cluster.remove(Keys.pod("default", running)).pass(Duration.ofSeconds(4));
    assertThat(cluster.nodeOf(running.equals("b") ? "c" : "b")).isEqualTo("n1");
  }

  @Test
  void anInitContainerCountsWhenItNeedsMoreThanTheRest() {
    var pod = pod("p").requests("cpu", "1");
    pod.tree()
        .withObject("spec")
        .putArray("initContainers")
        .addObject()
        .put("name", "i")
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "11");
    cluster.put(node("n1"), pod).settle();
    assertThat(cluster.whyUnscheduled("p")).contains("Insufficient cpu");
  }

  @Test
  void aLimitWithoutRequestIsARequest() {
    var pod = pod("p");
    pod.tree()
        .withObject("spec")
        .putArray("containers")
        .addObject()
        .put("name", "c")
        .putObject("resources")
        .putObject("limits")
        .put("cpu", "11");
    cluster.put(node("n1"), pod).settle();
    assertThat(cluster.whyUnscheduled("p")).contains("Insufficient cpu");
  }

  // Which of the nodes that can.

  @Test
  void theOneWithTheMostRoom() {
    cluster.put(node("n1"), node("n2"), node("n3"));
    cluster.put(pod("a").requests("cpu", "5").nodeName("n1"));
    cluster.put(pod("b").requests("memory", "5Gi").nodeName("n3"));
    cluster.put(pod("p")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void podsThatAskForNothingAreSpreadToo() {
    cluster.put(node("n1"), node("n2"), node("n3"), pod("a"), pod("b"), pod("c")).settle();
    assertThat(cluster.nodeOf("a") + cluster.nodeOf("b") + cluster.nodeOf("c"))
        .contains("n1", "n2", "n3");
  }

  @Test
  void theOneWithTheVolumeOfTheRightSize() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(disk("huge", "100Gi", "n1"), disk("fits", "10Gi", "n2"));
    cluster.put(pod("busy").requests("cpu", "5").nodeName("n2"));
    cluster.put(localClaim("c", "9Gi"), pod("p", "c")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
    assertThat(cluster.claim("c")).isEqualTo("Bound fits");
  }

  @Test
  void importantPodsComeFirstThenOldOnes() {
    cluster.put(pod("young").requests("cpu", "10").created("2026-01-02T00:00:00Z"));
    cluster.put(pod("old").requests("cpu", "10").created("2026-01-01T00:00:00Z"));
    cluster.put(pod("vip").requests("cpu", "10").created("2026-01-02T00:00:00Z").priority(1));
    cluster.put(node("n1")).settle();
    assertThat(cluster.nodeOf("vip")).isEqualTo("n1");
    cluster.put(node("n2")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("old")).isEqualTo("n2");
    assertThat(cluster.nodeOf("young")).isEmpty();
  }

  // Claims.
}
