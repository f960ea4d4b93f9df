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

/** Where pods go for their volumes, and what they wait for. */
class PodVolumesTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest disk(String name, String size, String host) {
    return volume(name, size).classed("local").on(host);
  }

  private static Manifest localClaim(String name, String size) {
    return claim(name, size).classed("local");
  }

  @Test
  void aClaimThatIsMissingOrGoing() {
    cluster.put(node("n1"), pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/1 nodes are available: persistentvolumeclaim \"c\" not found");
    cluster.put(claim("d", "1Gi").finalizer("x/y").deleting(), pod("q", "d")).settle();
    assertThat(cluster.whyUnscheduled("q"))
        .isEqualTo("0/1 nodes are available: persistentvolumeclaim \"d\" is being deleted");
  }

  @Test
  void anUnboundImmediateClaim() {
    var expected = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims";
    cluster.put(node("n1"), storageClass("local", true), storageClass("now", false));
    cluster.put(claim("a", "1Gi").classed("now"), claim("b", "1Gi").classed("unknown"));
    cluster.put(claim("c", "1Gi"), localClaim("d", "1Gi").volumeName("v"));
    cluster.put(pod("a", "a"), pod("b", "b"), pod("c", "c"), pod("d", "d")).settle();
    for (var pod : new String[] {"a", "b", "c", "d"}) {
      assertThat(cluster.whyUnscheduled(pod)).as(pod).isEqualTo(expected);
    }
  }

  @Test
  void anImmediateClaimThatIsBoundLetsThePodGo() {
    cluster.put(node("n1"), claim("c", "1Gi"), pod("p", "c")).settle();
    cluster.put(volume("v", "1Gi")).pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aPodGoesWhereItsVolumeIs() {
    cluster.put(
        node("n1"), node("n2"), volume("v", "1Gi").on("n2"), claim("c", "1Gi"), pod("p", "c"));
    cluster.pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aVolumeElsewhereIsAConflict() {
    cluster.put(node("n1"), volume("v", "1Gi").on("n9"), claim("c", "1Gi")).settle();
    cluster.put(pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/1 nodes are available: 1 node(s) had volume node affinity conflict.");
  }

  @Test
  void aBoundClaimWhoseVolumeHasGone() {
    cluster.put(node("n1"), volume("v", "1Gi"), claim("c", "1Gi")).settle();
    cluster.remove(Keys.volume("v")).put(pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/1 nodes are available: persistentvolumeclaim \"c\" bound to non-existent"
                + " persistentvolume \"v\"");
  }

  @Test
  void aDelayedClaimIsBoundTogetherWithTheNode() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"), disk("v", "1Gi", "n2"));
    cluster.put(localClaim("c", "1Gi")).settle();
    cluster.put(pod("p", "c"));
    var before = cluster.store.revision();
    cluster.settle();
    // Volume, claim and pod: three writes in one transaction, and nothing before or after.
    assertThat(cluster.store.revision()).isEqualTo(before + 3);
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    assertThat(cluster.annotation(Keys.claim("default", "c"), "pv.kubernetes.io/bind-completed"))
        .isEqualTo("yes");
    assertThat(cluster.at(Keys.claim("default", "c"), "status", "capacity", "storage"))
        .isEqualTo("1Gi");
  }

  @Test
  void aDelayedClaimFindsNoVolumeOnANode() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"), disk("v", "1Gi", "n2"));
    cluster.put(localClaim("c", "2Gi"), pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.");
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void aVolumeThatIsTakenOutIsNamedAndHelpsWhenItIsOfferedAgain() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(disk("v", "1Gi", "n2").annotation("berth.dev/cordoned", "true"));
    cluster.put(localClaim("c", "1Gi"), pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/2 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1"
                + " node(s) had fitting persistent volumes only on disks that are cordoned: v.");
    cluster.change(
        Keys.volume("v"),
        tree -> tree.withObject("metadata").withObject("annotations").removeAll());
    cluster.pass(Duration.ofSeconds(1));
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void theRulesOfThePodAndThePlaceOfItsVolumesAreConsideredTogether() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(disk("pv-1", "1Gi", "n1"), disk("pv-2", "1Gi", "n2"), localClaim("pvc-1", "1Gi"));
    cluster.put(pod("p", "pvc-1").set("n2", "spec", "nodeSelector", "kubernetes.io/hostname"));
    cluster.settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
    assertThat(cluster.claim("pvc-1")).isEqualTo("Bound pv-2");
  }

  @Test
  void allClaimsOfAPodAreBoundOnOneNodeOrNone() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"));
    cluster.put(disk("a", "1Gi", "n1"), disk("b", "1Gi", "n2"), disk("c", "1Gi", "n2"));
    cluster.put(localClaim("x", "1Gi"), localClaim("y", "1Gi"), localClaim("z", "1Gi"));
    cluster.put(pod("three", "x", "y", "z")).settle();
    assertThat(cluster.claim("x")).isEqualTo("Pending");
    cluster.put(pod("two", "x", "y")).settle();
    assertThat(cluster.nodeOf("two")).isEqualTo("n2");
    assertThat(cluster.claim("x")).isEqualTo("Bound b");
    assertThat(cluster.claim("y")).isEqualTo("Bound c");
    assertThat(cluster.volume("a")).isEqualTo("Available");
  }

  @Test
  void theLargestClaimIsServedFirst() {
    cluster.put(storageClass("local", true), node("n1"));
    cluster.put(disk("v5", "5Gi", "n1"), disk("v9", "9Gi", "n1"));
    cluster.put(localClaim("small", "1Gi"), localClaim("large", "6Gi")).settle();
    cluster.put(pod("p", "small", "large")).settle();
    assertThat(cluster.claim("small")).isEqualTo("Bound v5");
    assertThat(cluster.claim("large")).isEqualTo("Bound v9");
  }

  @Test
  void claimsGiveWayToEachOther() {
    cluster.put(storageClass("local", true), node("n1"));
    cluster.put(disk("ssd", "5Gi", "n1").label("disk", "ssd"), disk("hdd", "6Gi", "n1"));
    // The larger claim would take the ssd, which alone will do for the smaller one.
    cluster.put(localClaim("any", "4Gi"), localClaim("fast", "1Gi").selector("disk", "ssd"));
    cluster.settle().put(pod("p", "any", "fast")).settle();
    assertThat(cluster.claim("fast")).isEqualTo("Bound ssd");
    assertThat(cluster.claim("any")).isEqualTo("Bound hdd");
  }

  @Test
  void twoVolumesOfOnePodNamingOneClaimAreOneClaim() {
    cluster.put(storageClass("local", true), node("n1"), disk("v", "1Gi", "n1"));
    cluster.put(localClaim("c", "1Gi"), pod("p", "c", "c")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aVolumeOutOfReachOfHostNamesServesWhereItsAffinityAllows() {
    var zoned = volume("zoned", "1Gi").classed("local");
    zoned
        .tree()
        .withObject("/spec/nodeAffinity/required")
        .putArray("nodeSelectorTerms")
        .addObject()
        .putArray("matchExpressions")
        .addObject()
        .put("key", "zone")
        .put("operator", "In")
        .putArray("values")
        .add("b");
    cluster.put(
        storageClass("local", true), node("n1").label("zone", "a"), node("n2").label("zone", "b"));
    cluster.put(zoned, localClaim("c", "1Gi"), pod("p", "c")).settle();
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aVolumeWipedForNobodyYetIsNotOffered() {
    cluster.put(storageClass("local", true), node("n1"));
    cluster.put(
        disk("v", "1Gi", "n1").policy("Delete").phase("Released").wipe("requested/9", "n1", "u"));
    cluster.put(localClaim("c", "1Gi"), pod("p", "c")).settle();
    assertThat(cluster.nodeOf("p")).isEmpty();
  }

  @Test
  void aClaimWhoseNodeWasChosenForItsVolumeStaysThere() {
    cluster.put(storageClass("local", true), node("n1"), node("n2"), disk("v", "1Gi", "n1"));
    cluster.put(localClaim("c", "1Gi").annotation("volume.kubernetes.io/selected-node", "n2"));
    cluster.put(pod("p", "c")).settle();
    assertThat(cluster.nodeOf("p")).isEmpty();
  }

  @Test
  void aPodWithANodeFromTheStartLeavesItsDelayedClaimPending() {
    cluster.put(storageClass("local", true), node("n1"), disk("v", "1Gi", "n1"));
    cluster.put(localClaim("c", "1Gi"), pod("p", "c").nodeName("n1")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void moreClaimsThanATransactionHoldsAreRefusedWithAReason() {
    cluster.put(storageClass("local", true), node("n1"));
    var names = new String[32];
    for (var i = 0; i < names.length; i++) {
      names[i] = "c" + i;
      cluster.put(localClaim(names[i], "1Gi"), disk("v" + i, "1Gi", "n1"));
    }
    cluster.put(pod("p", names)).settle();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo(
            "0/1 nodes are available: pod has 32 unbound PersistentVolumeClaims, at most 31 can be"
                + " bound at once: bind the others first, by their spec.volumeName");
  }
}
