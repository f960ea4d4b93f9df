package dev.berth.core.binding;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Claims whose volumes must be apart: nodes n1 and n2 in rack a, n3 in rack b. */
class SpreadTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  SpreadTest() {
    cluster.put(
        storageClass("now", false),
        storageClass("late", true),
        node("n1").label("rack", "a"),
        node("n2").label("rack", "a"),
        node("n3").label("rack", "b"));
  }

  private static Manifest apart(String name, String type) {
    return claim(name, "1Gi").classed(type).annotation(PersistentVolumeClaim.VOLUME_SPREAD, "db");
  }

  private static Manifest apartByRack(String name, String type) {
    return apart(name, type).annotation(PersistentVolumeClaim.VOLUME_SPREAD_TOPOLOGY, "rack");
  }

  /** Two disks on each node. */
  private void disks(String type) {
    for (var host : List.of("n1", "n2", "n3")) {
      cluster.put(
          volume(host + "-1", "1Gi").classed(type).on(host),
          volume(host + "-2", "1Gi").classed(type).on(host));
    }
  }

  /** The node on which a claim's volume is, empty when it has none. */
  private String hostOf(String claim) {
    var volume = cluster.at(Keys.claim("default", claim), "spec", "volumeName");
    return volume.isEmpty() ? "" : volume.substring(0, 2);
  }

  @Test
  void immediateClaimsCreatedAtOnceGoToDifferentNodes() {
    disks("now");
    cluster.put(apart("c1", "now"), apart("c2", "now"), apart("c3", "now"), apart("c4", "now"));
    cluster.settle();
    var hosts = new ArrayList<>(List.of(hostOf("c1"), hostOf("c2"), hostOf("c3"), hostOf("c4")));
    hosts.sort(null);
    assertThat(hosts).as("the fourth finds no place").containsExactly("", "n1", "n2", "n3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void racksCountWhereTheyAreAskedFor(String type) {
    disks(type);
    for (var i = 1; i <= 3; i++) {
      cluster.put(apartByRack("c" + i, type), pod("p" + i, "c" + i));
    }
    cluster.settle();
    var racks = new HashSet<String>();
    var bound = 0;
    for (var i = 1; i <= 3; i++) {
      var host = hostOf("c" + i);
      if (!host.isEmpty()) {
        bound++;
        racks.add(host.equals("n3") ? "b" : "a");
      }
    }
    assertThat(bound).isEqualTo(2);
    assertThat(racks).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void podsWithDelayedClaimsCreatedAtOnceGoToDifferentNodesAndTheLastIsToldWhy() {
    disks("late");
    for (var i = 1; i <= 4; i++) {
      cluster.put(apart("c" + i, "late"), pod("p" + i, "c" + i));
    }
    cluster.settle();
    var nodes = new HashSet<String>();
    var left = new ArrayList<String>();
    for (var i = 1; i <= 4; i++) {
      var node = cluster.nodeOf("p" + i);
      if (node.isEmpty()) {
        left.add("p" + i);
      } else {
        nodes.add(node);
      }
    }
    assertThat(nodes).hasSize(3);
    assertThat(left).hasSize(1);
    assertThat(cluster.whyUnscheduled(left.getFirst()))
        .isEqualTo(
            "0/3 nodes are available: 3 node(s) didn't match the volume spread of the pod's"
                + " claims.");
  }

  @Test
  void aPlaceThatIsLeftIsTaken() {
    cluster.put(volume("n1-1", "1Gi").classed("now").on("n1"));
    cluster.put(volume("n1-2", "1Gi").classed("now").on("n1"));
    cluster.put(apart("c1", "now")).settle();
    cluster.put(apart("c2", "now")).settle();
    assertThat(cluster.claim("c1")).startsWith("Bound");
    assertThat(cluster.claim("c2")).isEqualTo("Pending");
    cluster.delete(Keys.claim("default", "c1")).settle();
    assertThat(cluster.claim("c2")).startsWith("Bound n1");
  }

  @Test
  void whoAsksForRacksIsHeededByWhoAsksForNodes() {
    disks("now");
    cluster.put(apartByRack("c1", "now")).settle();
    assertThat(hostOf("c1")).isEqualTo("n1");
    cluster.put(apart("c2", "now"), apart("c3", "now")).settle();
    assertThat(hostOf("c2")).as("not in c1's rack").isEqualTo("n3");
    assertThat(hostOf("c3")).isEmpty();
  }

  @Test
  void anotherNamespaceAndAnotherValueDoNotCount() {
    disks("now");
    cluster.put(
        apart("c1", "now"),
        claim("c2", "1Gi").classed("now").annotation(PersistentVolumeClaim.VOLUME_SPREAD, "else"),
        apart("c3", "now").in("other"));
    cluster.settle();
    assertThat(hostOf("c1")).isEqualTo("n1");
    assertThat(hostOf("c2")).isEqualTo("n1");
    assertThat(cluster.at(Keys.claim("other", "c3"), "spec", "volumeName")).startsWith("n2");
  }

  @Test
  void whereARackIsComesToBeKnownIsTold() {
    cluster.remove(Keys.node("n3"));
    disks("now");
    cluster.put(apartByRack("c0", "now").volumeName("n3-1")).settle();
    assertThat(cluster.claim("c0")).isEqualTo("Bound n3-1");
    cluster.put(apartByRack("c1", "now")).settle();
    assertThat(hostOf("c1")).as("nobody knows in which rack n3 is").isEmpty();
    cluster.put(node("n3").label("rack", "b")).settle();
    assertThat(hostOf("c1")).isEqualTo("n1");
  }

  /** As many decisions as there are claims, not as many as there are pairs of them. */
  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void manyClaimsThatAreApartDoNotWakeEachOtherForNothing(String type) {
    for (var i = 0; i < 400; i++) {
      cluster.put(node("m" + i), volume("w" + i, "1Gi").classed(type).on("m" + i));
    }
    for (var i = 0; i < 600; i++) {
      cluster.put(apart("c" + i, type), pod("p" + i, "c" + i));
    }
    cluster.settle();
    var bound = 0;
    for (var i = 0; i < 600; i++) {
      bound += cluster.claim("c" + i).startsWith("Bound") ? 1 : 0;
    }
    assertThat(bound).isEqualTo(400);
  }

  @Test
  void claimsOfOnePodCannotBeApart() {
    disks("late");
    cluster.put(apart("c1", "late"), apart("c2", "late"), pod("p", "c1", "c2")).settle();
    assertThat(cluster.nodeOf("p")).isEmpty();
    assertThat(cluster.whyUnscheduled("p")).contains("volume spread");
  }

  private void sentApart() {
    cluster.put(storageClass("ext", true).set("example.com/disks", "provisioner"));
    cluster.remove(Keys.node("n3"));
    for (var i = 1; i <= 3; i++) {
      cluster.put(apart("c" + i, "ext").uid("u" + i), pod("p" + i, "c" + i));
    }
    cluster.settle();
  }

  private List<String> sentTo() {
    var nodes = new ArrayList<String>();
    for (var i = 1; i <= 3; i++) {
      nodes.add(
          cluster.annotation(Keys.claim("default", "c" + i), PersistentVolumeClaim.SELECTED_NODE));
    }
    return nodes;
  }

  @Test
  void whereAnExternalProvisionerIsAtWorkCounts() {
    sentApart();
    assertThat(sentTo()).containsExactlyInAnyOrder("", "n1", "n2");
  }

  @Test
  void aPlaceThatAnExternalProvisionerGivesBackIsTaken() {
    sentApart();
    var left = sentTo().indexOf("") + 1;
    var sent = sentTo().indexOf("n1") + 1;
    cluster.remove(Keys.pod("default", "p" + sent)).settle();
    assertThat(sentTo().get(left - 1)).isEmpty();
    cluster
        .change(
            Keys.claim("default", "c" + sent),
            tree ->
                tree.withObject("metadata")
                    .withObject("annotations")
                    .remove(PersistentVolumeClaim.SELECTED_NODE))
        .pass(Duration.ofSeconds(15));
    assertThat(sentTo().get(left - 1)).isEqualTo("n1");
  }

  @Test
  void aVolumeMadeForAClaimThatDoesNotHaveItYetCounts() {
    cluster.put(
        volume("w", "1Gi").classed("now").on("n1").claimRef("c1", "u1").phase("Released"),
        volume("n1-1", "1Gi").classed("now").on("n1"),
        volume("n2-1", "1Gi").classed("now").on("n2"),
        apart("c1", "now").uid("u1").set("2Gi", "spec", "resources", "requests", "storage"),
        apart("c2", "now"));
    cluster.settle();
    assertThat(hostOf("c1")).isEmpty();
    assertThat(hostOf("c2")).isEqualTo("n2");
  }
}
