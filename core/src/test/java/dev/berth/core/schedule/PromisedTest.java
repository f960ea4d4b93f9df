package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Room that is kept for pods is not there for those that matter less. */
class PromisedTest {

  private static Manifest waiting(
      String name, int priority, String cpu, String memory, String gpu) {
    return pod(name)
        .priority(priority)
        .requests("cpu", cpu)
        .requests("memory", memory)
        .requests("example.com/gpu", gpu)
        .set("n1", "status", "nominatedNodeName");
  }

  private static String promised(FedImage cluster, String node, int priority) {
    var promised = cluster.node(node).promised(priority);
    return "%d pods %dm %d bytes %d gpus"
        .formatted(
            cluster.node(node).expected(priority).size(),
            promised.cpuMillis(),
            promised.memoryBytes(),
            promised.others().getOrDefault("example.com/gpu", 0L));
  }

  @ParameterizedTest(name = "on {0} for who has priority {1}: {2}")
  @CsvSource({
    "n1, 1,  2 pods 5000m 700 bytes 5 gpus",
    "n1, 5,  2 pods 5000m 700 bytes 5 gpus", // an equal was there first
    "n1, 6,  1 pods 3000m 400 bytes 4 gpus",
    "n1, 10, 1 pods 3000m 400 bytes 4 gpus",
    "n1, 11, 0 pods 0m 0 bytes 0 gpus",
    "n2, 1,  0 pods 0m 0 bytes 0 gpus",
  })
  void itIsTheSumOfThoseThatMatterAtLeastAsMuch(String node, int priority, String expected) {
    var cluster =
        new FedImage(
            node("n1"),
            node("n2"),
            waiting("a", 5, "2", "300", "1"),
            waiting("b", 10, "3", "400", "4"));
    assertThat(promised(cluster, node, priority)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} {1} more beside the promise fit: {2}")
  @CsvSource({
    "cpu,             7,   true",
    "cpu,             8,   false",
    "memory,          6Gi, true",
    "memory,          7Gi, false",
    "example.com/gpu, 1,   true",
    "example.com/gpu, 2,   false",
  })
  void whoMattersLessFindsOnlyTheRest(String resource, String amount, boolean fits) {
    var cluster =
        new FedImage(
            node("n1").set("3", "status", "allocatable", "example.com/gpu"),
            waiting("a", 5, "3", "4Gi", "2"));
    var lesser = new PodDemand(FedImage.observed(pod("p").priority(1).requests(resource, amount)));
    assertThat(Ranking.check(lesser, cluster.node("n1")).isEmpty()).isEqualTo(fits);
    var greater = new PodDemand(FedImage.observed(pod("p").priority(9).requests(resource, amount)));
    assertThat(Ranking.check(greater, cluster.node("n1"))).isEmpty();
  }

  @ParameterizedTest(name = "a node for {0} pods has a place beside the promise: {1}")
  @CsvSource({"2, true", "1, false"})
  void aPromiseTakesAPlaceAmongThePods(String limit, boolean fits) {
    var cluster =
        new FedImage(
            node("n1").set(limit, "status", "allocatable", "pods"), waiting("a", 5, "1", "1", "0"));
    var lesser = new PodDemand(FedImage.observed(pod("p").priority(1)));
    assertThat(Ranking.check(lesser, cluster.node("n1")).isEmpty()).isEqualTo(fits);
  }
}
