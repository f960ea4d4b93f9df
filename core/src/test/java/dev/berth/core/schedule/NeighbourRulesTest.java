package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.namespace;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.Keys;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules by which pods keep apart from others, go near them, and spread. */
class NeighbourRulesTest extends ThreeNodes {
  private static String near(String kind, String rest) {
    return """
    {'affinity': {'%s': {'requiredDuringSchedulingIgnoredDuringExecution': [
      {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': 'zone'%s}]}}}"""
        .formatted(kind, rest);
  }

  @Test
  void aPodStaysAwayFromOthersInTheSamePlace() {
    threeNodes();
    cluster.put(pod("db").label("app", "db").nodeName("n1")).settle();
    assertThat(placesOf(pod("p").spec(near("podAntiAffinity", "")))).isEqualTo("n3");
    cluster.change(
        Keys.pod("default", "db"), tree -> tree.withObject("status").put("phase", "Succeeded"));
    cluster.settle();
    assertThat(placesOf(pod("p").spec(near("podAntiAffinity", "")))).isEqualTo("n1n2n3");
  }

  @Test
  void aPodThatIsThereKeepsOthersAway() {
    threeNodes();
    cluster.put(pod("first").spec(near("podAntiAffinity", "")).nodeName("n3")).settle();
    assertThat(placesOf(pod("p").label("app", "db"))).isEqualTo("n1n2");
    assertThat(placesOf(pod("p").label("app", "web"))).isEqualTo("n1n2n3");
    cluster.put(pod("q").label("app", "db").set("b", "spec", "nodeSelector", "zone")).settle();
    assertThat(cluster.whyUnscheduled("q"))
        .isEqualTo(
            "0/3 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules,"
                + " 2 node(s) didn't match Pod's node affinity/selector.");
    cluster.remove(Keys.pod("default", "first")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("q")).isEqualTo("n3");
  }

  @Test
  void aPodGoesNearOthers() {
    threeNodes();
    cluster.put(pod("p").spec(near("podAffinity", ""))).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/3 nodes are available: 3 node(s) didn't match pod affinity rules.");
    cluster.put(pod("db").label("app", "db").set("b", "spec", "nodeSelector", "zone"));
    cluster.pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("p")).isEqualTo("n3");
  }

  @Test
  void theFirstOfAGroupThatWantsToBeTogetherMayGoAnywhereWithAPlace() {
    threeNodes();
    cluster.put(node("n3"));
    assertThat(placesOf(pod("p").label("app", "db").spec(near("podAffinity", ""))))
        .isEqualTo("n1n2");
  }

  @ParameterizedTest
  @CsvSource({
    "'', n1n2n3",
    "', ''namespaces'': [''other'']', n3",
    "', ''namespaceSelector'': {}', n3",
    "', ''namespaceSelector'': {''matchLabels'': {''team'': ''a''}}', n3",
    "', ''namespaceSelector'': {''matchLabels'': {''team'': ''b''}}', n1n2n3",
  })
  void whichNamespacesAreMeant(String rest, String nodes) {
    threeNodes();
    cluster.put(namespace("other").label("team", "a"));
    cluster.put(pod("db").in("other").label("app", "db").nodeName("n1")).settle();
    assertThat(placesOf(pod("p").spec(near("podAntiAffinity", rest)))).isEqualTo(nodes);
  }

  @Test
  void theLabelsOfANodeDecideAnewWhatIsNear() {
    threeNodes();
    cluster.put(pod("db").label("app", "db").nodeName("n1")).settle();
    assertThat(placesOf(pod("p").spec(near("podAntiAffinity", "")))).isEqualTo("n3");
    cluster.put(node("n1").label("zone", "b")).settle();
    assertThat(placesOf(pod("p").spec(near("podAntiAffinity", "")))).isEqualTo("n2");
  }

  @Test
  void replicasThatKeepApartAreDecidedOneAfterTheOtherWithoutWaiting() {
    threeNodes();
    for (var name : new String[] {"a", "b", "c"}) {
      cluster.put(pod(name).label("app", "db").spec(near("podAntiAffinity", "")));
    }
    cluster.settle();
    assertThat(cluster.nodeOf("c")).isEmpty();
    assertThat(cluster.nodeOf("a") + cluster.nodeOf("b")).containsAnyOf("n1", "n2").contains("n3");
    assertThat(cluster.whyUnscheduled("c"))
        .isEqualTo("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.");
  }

  @ParameterizedTest
  @CsvSource({
    // How many are in zone a and zone b, and where one more may go.
    "0, 0, '', n1n2n3",
    "1, 0, '', n3",
    "2, 1, '', n3",
    "1, 1, '', n1n2n3",
    "1, 2, '', n1n2",
    "2, 1, ', ''maxSkew'': 2', n1n2n3",
    "1, 1, ', ''minDomains'': 3', ''",
    "0, 0, ', ''minDomains'': 3', n1n2n3",
    "1, 0, ', ''labelSelector'': {''matchLabels'': {''app'': ''web''}}', n1n2n3",
  })
  void podsAreSpreadOverPlaces(int inA, int inB, String rest, String nodes) {
    threeNodes();
    for (var i = 0; i < inA; i++) {
      cluster.put(pod("a" + i).label("app", "db").nodeName(i % 2 == 0 ? "n1" : "n2"));
    }
    for (var i = 0; i < inB; i++) {
      cluster.put(pod("b" + i).label("app", "db").nodeName("n3"));
    }
    cluster.settle();
    assertThat(placesOf(pod("p").label("app", "db").spec(spread(rest)))).isEqualTo(nodes);
  }

  @Test
  void onlyNodesThatThePodSelectsCount() {
    threeNodes();
    cluster.put(pod("db").label("app", "db").nodeName("n1")).settle();
    var choosy = pod("p").label("app", "db").set("a", "spec", "nodeSelector", "zone");
    assertThat(placesOf(choosy.spec(spread("")))).isEqualTo("n1n2");
    var ignoring = pod("p").label("app", "db").set("a", "spec", "nodeSelector", "zone");
    assertThat(placesOf(ignoring.spec(spread(", 'nodeAffinityPolicy': 'Ignore'")))).isEmpty();
  }

  @Test
  void onlyNodesWhoseTaintsItToleratesCountWhenAsked() {
    threeNodes();
    cluster.put(node("n3").label("zone", "b").taint("team", "red", "NoSchedule"));
    cluster.put(pod("db").label("app", "db").nodeName("n1")).settle();
    var pod = pod("p").label("app", "db");
    assertThat(placesOf(pod.spec(spread("")))).isEmpty();
    assertThat(placesOf(pod.spec(spread(", 'nodeTaintsPolicy': 'Honor'")))).isEqualTo("n1n2");
  }

  @Test
  void whatIsOnItsWayOutDoesNotCountAndANodeWithoutThePlaceIsRefused() {
    threeNodes();
    cluster.put(pod("db").label("app", "db").nodeName("n1").finalizer("x/y").deleting());
    cluster.put(node("n3")).settle();
    assertThat(placesOf(pod("p").label("app", "db").spec(spread("")))).isEqualTo("n1n2");
    var choosy = pod("q").set("n3", "spec", "nodeSelector", "kubernetes.io/hostname");
    cluster.put(choosy.label("app", "db").spec(spread(""))).settle();
    assertThat(cluster.whyUnscheduled("q"))
        .contains("topology spread constraints (missing required label)");
  }
}
