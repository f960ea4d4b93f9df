package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules by which nodes refuse pods, one by one, and what pods prefer. */
class PlacementRulesTest extends ThreeNodes {
  @ParameterizedTest
  @CsvSource({
    "zone, In, a, n1n2",
    "zone, In, b, n3",
    "zone, NotIn, a, n3",
    "disk, NotIn, ssd, n1n3",
    "disk, Exists, , n2",
    "disk, DoesNotExist, , n1n3",
    "size, Gt, 5, n2",
    "size, Lt, 7, n1",
    "size, Lt, x, ''",
    "nothing, Gt, 1, ''",
    "zone, Unknown, a, ''",
  })
  void nodeAffinityOperators(String key, String operator, String value, String nodes) {
    threeNodes();
    var values = value == null ? "" : "'" + value + "'";
    var pod =
        pod("p")
            .spec(
                """
                {'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution':
                  {'nodeSelectorTerms': [{'matchExpressions': [
                    {'key': '%s', 'operator': '%s', 'values': [%s]}]}]}}}}"""
                    .formatted(key, operator, values));
    assertThat(placesOf(pod)).isEqualTo(nodes);
  }

  @Test
  void termsAreAlternativesAndExpressionsAreNot() {
    threeNodes();
    var terms =
        "{'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution':"
            + " {'nodeSelectorTerms': [%s]}}}}";
    var zone = "{'key': 'zone', 'operator': 'In', 'values': ['a']}";
    var ssd = "{'key': 'disk', 'operator': 'Exists'}";
    var n3 = "{'matchFields': [{'key': 'metadata.name', 'operator': 'In', 'values': ['n3']}]}";
    assertThat(
            placesOf(
                pod("p")
                    .spec(terms.formatted("{'matchExpressions': [%s, %s]}".formatted(zone, ssd)))))
        .isEqualTo("n2");
    assertThat(
            placesOf(
                pod("p")
                    .spec(terms.formatted("{'matchExpressions': [%s]}, %s".formatted(ssd, n3)))))
        .isEqualTo("n2n3");
    assertThat(placesOf(pod("p").spec(terms.formatted(n3)))).isEqualTo("n3");
    assertThat(placesOf(pod("p").spec(terms.formatted("{}")))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'{}', NoSchedule, false",
    "'{}', NoExecute, false",
    "'{}', PreferNoSchedule, true",
    "'{\"key\": \"team\", \"operator\": \"Exists\"}', NoSchedule, true",
    "'{\"operator\": \"Exists\"}', NoExecute, true",
    "'{\"key\": \"team\", \"value\": \"red\"}', NoSchedule, true",
    "'{\"key\": \"team\", \"operator\": \"Equal\", \"value\": \"blue\"}', NoSchedule, false",
    "'{\"key\": \"team\", \"operator\": \"Exists\", \"effect\": \"NoExecute\"}', NoSchedule, false",
    "'{\"key\": \"team\", \"operator\": \"Exists\", \"effect\": \"NoExecute\","
        + " \"tolerationSeconds\": 5}', NoExecute, true",
    "'{\"key\": \"other\", \"operator\": \"Exists\"}', NoSchedule, false",
  })
  void tolerations(String toleration, String effect, boolean tolerated) {
    cluster.put(node("n1").taint("team", "red", effect));
    assertThat(placesOf(pod("p").spec("{'tolerations': [" + toleration + "]}")))
        .isEqualTo(tolerated ? "n1" : "");
  }

  @Test
  void aCordonCanBeTolerated() {
    cluster.put(node("n1").spec("{'unschedulable': true}"));
    assertThat(placesOf(pod("p"))).isEmpty();
    assertThat(placesOf(pod("p").tolerate("node.kubernetes.io/unschedulable"))).isEqualTo("n1");
  }

  @ParameterizedTest
  @CsvSource({
    "80, TCP, '', 80, TCP, '', false",
    "80, TCP, '', 81, TCP, '', true",
    "80, TCP, '', 80, UDP, '', true",
    "80, TCP, 10.0.0.1, 80, TCP, 10.0.0.2, true",
    "80, TCP, 10.0.0.1, 80, TCP, 10.0.0.1, false",
    "80, TCP, 10.0.0.1, 80, TCP, '', false",
    "80, TCP, 0.0.0.0, 80, TCP, 10.0.0.2, false",
  })
  void hostPorts(
      int taken,
      String protocol,
      String ip,
      int wanted,
      String other,
      String otherIp,
      boolean fits) {
    cluster.put(node("n1"), pod("a").nodeName("n1").ports(taken, protocol, ip));
    assertThat(placesOf(pod("p").ports(wanted, other, otherIp))).isEqualTo(fits ? "n1" : "");
    if (!fits) {
      cluster.put(pod("p").ports(wanted, other, otherIp)).settle();
      assertThat(cluster.whyUnscheduled("p"))
          .isEqualTo(
              "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod"
                  + " ports.");
      cluster.remove(Keys.pod("default", "a")).settle();
      assertThat(cluster.nodeOf("p")).isEqualTo("n1");
    }
  }

  @Test
  void aSidecarCountsWithTheContainersAndWithTheInitContainersAfterIt() {
    var spec =
        """
        {'initContainers': [
          {'name': 'side', 'restartPolicy': 'Always', 'resources': {'requests': {'cpu': '4'}}},
          {'name': 'init', 'resources': {'requests': {'cpu': '%s'}}}],
         'overhead': {'cpu': '1'}}""";
    cluster.put(node("n1"));
    assertThat(placesOf(pod("p").requests("cpu", "5").spec(spec.formatted(1)))).isEqualTo("n1");
    assertThat(placesOf(pod("p").requests("cpu", "6").spec(spec.formatted(1)))).isEmpty();
    assertThat(placesOf(pod("p").requests("cpu", "1").spec(spec.formatted(5)))).isEqualTo("n1");
    assertThat(placesOf(pod("p").requests("cpu", "1").spec(spec.formatted(6)))).isEmpty();
  }

  @Test
  void aGateHoldsThePodBack() {
    cluster.put(node("n1"), pod("p").spec("{'schedulingGates': [{'name': 'example.com/wait'}]}"));
    cluster.settle();
    assertThat(cluster.nodeOf("p")).isEmpty();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("Scheduling is blocked due to non-empty scheduling gates");
    assertThat(cluster.at(Keys.pod("default", "p"), "status", "conditions"))
        .contains("SchedulingGated");
    cluster
        .change(Keys.pod("default", "p"), tree -> tree.withObject("spec").remove("schedulingGates"))
        .settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aSpreadThatIsOnlyAWishPrefersTheEmptierPlace() {
    threeNodes();
    var wish = spread(", 'whenUnsatisfiable': 'ScheduleAnyway'");
    cluster.put(pod("a").label("app", "db").nodeName("n1").requests("cpu", "1"));
    cluster.put(
        pod("other").nodeName("n3").requests("cpu", "2"), pod("p").label("app", "db").spec(wish));
    cluster.settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n3");
  }

  @Test
  void preferredNeighboursAndNodes() {
    threeNodes();
    var preferred =
        """
        {'affinity': {'%s': {'preferredDuringSchedulingIgnoredDuringExecution': [
          {'weight': 100, 'podAffinityTerm':
            {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': 'zone'}}]}}}""";
    cluster.put(pod("db").label("app", "db").nodeName("n3").requests("cpu", "1")).settle();
    cluster.put(pod("near").spec(preferred.formatted("podAffinity"))).settle();
    cluster.put(pod("far").spec(preferred.formatted("podAntiAffinity"))).settle();
    assertThat(cluster.nodeOf("near")).isEqualTo("n3");
    assertThat(cluster.nodeOf("far")).isIn("n1", "n2");
    cluster.put(
        pod("fast")
            .spec(
                """
                {'affinity': {'nodeAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [
                  {'weight': 1, 'preference':
                    {'matchExpressions': [{'key': 'disk', 'operator': 'Exists'}]}}]}}}"""));
    cluster.settle();
    assertThat(cluster.nodeOf("fast")).isEqualTo("n2");
  }

  @Test
  void aTaintThatIsOnlyPreferredIsAvoided() {
    cluster.put(node("n1").taint("team", "red", "PreferNoSchedule"), node("n2"));
    cluster.put(pod("a").requests("cpu", "4").nodeName("n2"), pod("p")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  // Volumes.

  @Test
  void aClaimForOnePodIsNotGivenToTwo() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(volume("v", "1Gi").classed("local").on("n1").modes("ReadWriteOncePod"));
    cluster.put(Manifest.claim("c", "1Gi").classed("local").modes("ReadWriteOncePod"));
    cluster.settle().put(pod("first", "c")).settle();
    assertThat(cluster.nodeOf("first")).isEqualTo("n1");
    cluster.put(pod("second", "c")).settle();
    assertThat(cluster.whyUnscheduled("second"))
        .contains("ReadWriteOncePod access mode", "1 node(s) had volume node affinity conflict");
    cluster.remove(Keys.pod("default", "first")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("second")).isEqualTo("n1");
  }

  @Test
  void aNodeTakesOnlySoManyVolumesOfADriver() {
    cluster.put(node("n1"), node("n2"), node("n3"));
    cluster.put(csiNode("n1", "{'count': 1}"), csiNode("n2", "{'count': 2}"));
    for (var name : new String[] {"x", "y"}) {
      var volume =
          volume(name, "1Gi")
              .spec("{'csi': {'driver': 'd', 'volumeHandle': '%s'}}".formatted(name));
      var claim = Manifest.claim("c" + name, "1Gi");
      cluster.put(volume.boundTo(claim), claim.boundTo(volume));
    }
    cluster.put(pod("a", "cx").nodeName("n1"), pod("b", "cx").nodeName("n2")).settle();
    assertThat(placesOf(pod("p", "cx"))).as("the same volume again").isEqualTo("n1n2n3");
    assertThat(placesOf(pod("p", "cy"))).as("another volume").isEqualTo("n2n3");
    var choosy = pod("q", "cy").set("n1", "spec", "nodeSelector", "kubernetes.io/hostname");
    cluster.put(choosy).settle();
    assertThat(cluster.whyUnscheduled("q")).contains("1 node(s) exceed max volume count");
    cluster.put(csiNode("n1", "{'count': 2}")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("q")).isEqualTo("n1");
  }

  private static Manifest csiNode(String name, String allocatable) {
    return Manifest.of(Keys.csiNode(name), "storage.k8s.io/v1", "CSINode")
        .spec(
            "{'drivers': [{'name': 'd', 'nodeID': '%s', 'allocatable': %s}]}"
                .formatted(name, allocatable));
  }
}
