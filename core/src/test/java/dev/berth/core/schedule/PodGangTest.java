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
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods whose claims are of one volume group go to a node that takes all of them. */
class PodGangTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  PodGangTest() {
    cluster.put(storageClass("disks", true), node("n1"), node("n2"));
    for (var host : new String[] {"n1", "n2"}) {
      cluster.put(disk("a-" + host, host), disk("b-" + host, host));
    }
    cluster.put(member("c1"), member("c2")).settle();
  }

  private static Manifest disk(String name, String host) {
    return volume(name, "1Gi").classed("disks").on(host);
  }

  private static Manifest member(String name) {
    return claim(name, "1Gi")
        .classed("disks")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  private static Manifest cpu(String pod, String amount, String... claims) {
    return pod(pod, claims).requests("cpu", amount);
  }

  private static Manifest onlyOn(String host, Manifest pod) {
    return pod.spec("{'nodeSelector': {'kubernetes.io/hostname': '%s'}}".formatted(host));
  }

  private String nodes() {
    return cluster.nodeOf("p1") + " " + cluster.nodeOf("p2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"n1", "n2"})
  void thePlaceOfOneIsThePlaceOfAll(String host) {
    cluster.put(pod("p1", "c1"), onlyOn(host, pod("p2", "c2"))).settle();
    assertThat(nodes()).isEqualTo(host + " " + host);
    assertThat(cluster.claim("c1") + " " + cluster.claim("c2"))
        .isEqualTo("Bound a-%s Bound b-%s".formatted(host, host));
  }

  @ParameterizedTest
  @ValueSource(strings = {"n1", "n2"})
  void theyFitBesideEachOther(String roomy) {
    cluster.put(cpu("r1", "5").nodeName("n1"), cpu("r2", "5").nodeName("n2"));
    cluster.put(node(roomy).set("12", "status", "allocatable", "cpu")).settle();
    cluster.put(cpu("p1", "3", "c1"), cpu("p2", "4", "c2")).settle();
    assertThat(nodes()).isEqualTo(roomy + " " + roomy);
  }

  @Test
  void ofThoseThatShareAClaimForOnePodAloneOneComes() {
    cluster.put(
        member("c1").modes("ReadWriteOncePod"),
        member("c2").modes("ReadWriteOncePod"),
        disk("x1", "n1").modes("ReadWriteOncePod"),
        disk("x2", "n1").modes("ReadWriteOncePod"));
    cluster.put(pod("p1", "c1", "c2"), pod("p2", "c1")).settle();
    assertThat(nodes()).isEqualTo("n1 ");
    assertThat(cluster.whyUnscheduled("p2")).contains("ReadWriteOncePod");
    cluster.remove(Keys.pod("default", "p1")).pass(Duration.ofSeconds(10));
    assertThat(cluster.nodeOf("p2")).isEqualTo("n1");
  }

  @Test
  void whereNoNodeTakesAllNobodyGoesAnywhere() {
    cluster.put(cpu("p1", "6", "c1"), cpu("p2", "5", "c2")).settle();
    assertThat(nodes()).isBlank();
    assertThat(cluster.claim("c1")).isEqualTo("Pending");
    assertThat(cluster.whyUnscheduled("p1"))
        .isEqualTo(
            "0/2 nodes are available: 2 node(s) couldn't take the other pods of the volume group"
                + " as well: p2 (Insufficient cpu).");
    cluster.put(node("n2").set("11", "status", "allocatable", "cpu")).settle();
    cluster.pass(Duration.ofSeconds(15));
    assertThat(nodes()).isEqualTo("n2 n2");
  }

  @Test
  void oneThatGivesUpHoldsTheOthersNoLonger() {
    cluster.put(cpu("p1", "6", "c1"), cpu("p2", "5", "c2")).settle();
    cluster.remove(Keys.pod("default", "p2")).settle();
    cluster.pass(Duration.ofSeconds(15));
    assertThat(cluster.nodeOf("p1")).isNotEmpty();
  }

  @Test
  void whoKeepsAwayFromTheOtherIsTold() {
    cluster.put(
        pod("p1", "c1").label("app", "x"),
        pod("p2", "c2")
            .spec(
                """
                {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
                  {'labelSelector': {'matchLabels': {'app': 'x'}},
                   'topologyKey': 'kubernetes.io/hostname'}]}}}"""));
    cluster.settle();
    assertThat(nodes()).isBlank();
    assertThat(cluster.whyUnscheduled("p1"))
        .contains("p2 (node(s) didn't match pod anti-affinity rules)");
    assertThat(cluster.whyUnscheduled("p2"))
        .contains("p1 (node(s) didn't satisfy existing pods anti-affinity rules)");
  }

  @Test
  void whoGoesOnlyWhereTheOtherIsComesAfterIt() {
    cluster.put(
        pod("p1", "c1")
            .spec(
                """
                {'affinity': {'podAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
                  {'labelSelector': {'matchLabels': {'app': 'x'}},
                   'topologyKey': 'kubernetes.io/hostname'}]}}}"""),
        onlyOn("n2", pod("p2", "c2").label("app", "x")));
    cluster.settle();
    assertThat(nodes()).isEqualTo("n2 n2");
  }

  @Test
  void whatTheySpreadOverCountsAsIfTheOtherWereThere() {
    cluster.remove(Keys.node("n1"));
    var spread =
        """
        {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': 'kubernetes.io/hostname',
          'whenUnsatisfiable': 'DoNotSchedule', 'labelSelector': {'matchLabels': {'app': 'x'}}}]}""";
    cluster.put(
        pod("p1", "c1").label("app", "x").spec(spread),
        pod("p2", "c2").label("app", "x").spec(spread));
    cluster.settle();
    assertThat(nodes()).as("the only place is the emptiest, too").isEqualTo("n2 n2");
  }

  @Test
  void otherClaimsOfTheOthersNeedTheirVolumesThereToo() {
    cluster.put(disk("d", "n2"), claim("own", "1Gi").classed("disks"));
    cluster.put(pod("p1", "c1"), pod("p2", "c2", "own")).settle();
    assertThat(nodes()).isEqualTo("n2 n2");
    assertThat(cluster.claim("own")).startsWith("Bound ");
  }

  @Test
  void oneThatCannotRunYetKeepsItsRoom() {
    cluster.put(cpu("p2", "8", "c2", "absent"), cpu("p1", "4", "c1")).settle();
    assertThat(nodes()).isBlank();
    cluster.put(node("n2").set("12", "status", "allocatable", "cpu")).settle();
    cluster.pass(Duration.ofSeconds(15));
    assertThat(nodes()).isEqualTo("n2 ");
  }

  @Test
  void nobodyIsSentAwayForNothing() {
    cluster.put(cpu("minor", "9").nodeName("n1").phase("Running")).settle();
    cluster.put(onlyOn("n1", cpu("p1", "3", "c1").priority(5)), onlyOn("n1", cpu("p2", "8", "c2")));
    cluster.settle();
    assertThat(cluster.exists(Keys.pod("default", "minor"))).isTrue();
    assertThat(cluster.at(Keys.pod("default", "minor"), "metadata", "deletionTimestamp")).isEmpty();
  }
}
