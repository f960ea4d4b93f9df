package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of two nodes is the better one, and by how much. */
class NodeScoreTest {

  /** What a node is worth that is as good as can be in every respect but its preferred ones. */
  private static final double UNWANTED_NOWHERE = 300;

  private static double score(Manifest pod, String node, Manifest... cluster) {
    var image = new FedImage(cluster);
    var state = image.node(node);
    var object = Objects.requireNonNull(state.node()).view();
    return NodeScore.of(new PodDemand(FedImage.observed(pod)), state, object);
  }

  private static Manifest asking(String name, String cpu, String memory) {
    return pod(name).requests("cpu", cpu).requests("memory", memory);
  }

  @ParameterizedTest(name = "{0} of the processors and {1} of the memory free: {2}")
  @CsvSource({
    "1,    1,    100",
    "0,    0,    0",
    "1,    0,    50",
    "0,    1,    50",
    "0.75, 0.25, 50",
    "0.5,  0.3,  40",
  })
  void theMoreThatStaysFreeTheBetter(double cpu, double memory, double expected) {
    assertThat(NodeScore.leastAllocated(cpu, memory)).isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest(name = "{0} of the processors and {1} of the memory free: {2}")
  @CsvSource({
    "1,    1,    100",
    "0,    0,    100",
    "0.5,  0.5,  100",
    "1,    0,    50",
    "0,    1,    50",
    "0.75, 0.25, 75",
    "0.5,  0.3,  90",
  })
  void theMoreEvenlyTheBetter(double cpu, double memory, double expected) {
    assertThat(NodeScore.balanced(cpu, memory)).isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest(name = "of 10 processors and 10Gi {0} and {1} taken, {2} and {3} asked for")
  @CsvSource({
    // taken  asked for      share that stays free, of processors and of memory
    "1, 1Gi, 1, 1Gi,         0.8, 0.8",
    "4, 1Gi, 2, 1Gi,         0.4, 0.8",
    "1, 6Gi, 1, 2Gi,         0.8, 0.2",
    "0, 1Gi, 1, 1Gi,         0.89, 0.8", // who asks for nothing counts as a tenth of a processor
    "9, 9Gi, 5, 5Gi,         0, 0", // more than there is leaves nothing, not less
  })
  void whatIsTakenAndWhatIsAskedForCount(
      String cpu, String memory, String asksCpu, String asksMemory, double cpuFree, double free) {
    var score =
        score(
            asking("p", asksCpu, asksMemory),
            "n",
            node("n"),
            asking("there", cpu, memory).nodeName("n"));
    assertThat(score)
        .isCloseTo(
            NodeScore.leastAllocated(cpuFree, free)
                + NodeScore.balanced(cpuFree, free)
                + UNWANTED_NOWHERE,
            within(1e-6));
  }

  @ParameterizedTest(name = "{0} pods there: {1} is taken to be free")
  @CsvSource({"0, 1", "1, 0.5", "3, 0.25"})
  void aNodeThatTellsNoLimitIsBetterTheFewerPodsItHas(int pods, double free) {
    var silent = node("n");
    silent.tree().withObject("status").remove("allocatable");
    var cluster = new FedImage(silent);
    for (var i = 0; i < pods; i++) {
      cluster.put(asking("p" + i, "1", "1Gi").nodeName("n"));
    }
    var state = cluster.node("n");
    var demand = new PodDemand(FedImage.observed(asking("p", "1", "1Gi")));
    assertThat(NodeScore.of(demand, state, Objects.requireNonNull(state.node()).view()))
        .isCloseTo(100 * free + 100 + UNWANTED_NOWHERE, within(1e-6));
  }

  @Test
  void aNodeThatHasNoneOfAResourceHasNoneFree() {
    var without = node("n").set("0", "status", "allocatable", "cpu");
    assertThat(score(asking("p", "1", "5Gi"), "n", without))
        .isCloseTo(
            NodeScore.leastAllocated(0, 0.5) + NodeScore.balanced(0, 0.5) + UNWANTED_NOWHERE,
            within(1e-6));
  }

  @ParameterizedTest(name = "disk {0}, zone {1}: {2} of 100 of the wishes")
  @CsvSource({"ssd, a, 100", "ssd, b, 75", "hdd, a, 25", "hdd, b, 0"})
  void wishesAboutNodesCountByTheirWeights(String disk, String zone, double met) {
    var pod =
        asking("p", "1", "1Gi")
            .spec(
                """
                {'affinity': {'nodeAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [
                  {'weight': 60, 'preference':
                    {'matchExpressions': [{'key': 'disk', 'operator': 'In', 'values': ['ssd']}]}},
                  {'weight': 20, 'preference':
                    {'matchExpressions': [{'key': 'zone', 'operator': 'In', 'values': ['a']}]}}]}}}""");
    var labelled = node("n").label("disk", disk).label("zone", zone);
    var without = score(asking("p", "1", "1Gi"), "n", labelled);
    assertThat(score(pod, "n", labelled) - without)
        .as("twice as much as the room counts")
        .isCloseTo(2 * met, within(1e-6));
  }

  @ParameterizedTest(name = "{0} unwanted taints of which {1} are tolerated: {2} are left")
  @CsvSource({"0, 0, 300", "1, 0, 150", "2, 0, 100", "2, 1, 150", "2, 2, 300"})
  void taintsThatAreOnlyPreferredCountUnlessTolerated(int taints, int tolerated, double expected) {
    var node = node("n");
    var pod = asking("p", "5", "5Gi");
    for (var i = 0; i < taints; i++) {
      node.taint("t" + i, "", "PreferNoSchedule");
    }
    for (var i = 0; i < tolerated; i++) {
      pod.tolerate("t" + i);
    }
    assertThat(score(pod, "n", node)).isCloseTo(50 + 100 + expected, within(1e-6));
  }
}
