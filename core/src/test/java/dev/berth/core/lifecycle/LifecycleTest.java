package dev.berth.core.lifecycle;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.lease;
import static dev.berth.core.control.Manifest.namespace;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Namespaces, owners and nodes. */
class LifecycleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  // Namespaces.

  @Test
  void aNamespaceIsEmptiedAndGoes() {
    cluster.put(namespace("ns"), pod("p").in("ns"), claim("c", "1Gi").in("ns"));
    var event = new ObjectKey("events", "ns", "e");
    cluster.put(Manifest.of(event, "v1", "Event"), volume("v", "1Gi")).settle();
    cluster.delete(Keys.namespace("ns")).settle();
    assertThat(cluster.exists(Keys.namespace("ns"))).isFalse();
    assertThat(cluster.exists(Keys.pod("ns", "p"))).isFalse();
    assertThat(cluster.exists(Keys.claim("ns", "c"))).isFalse();
    assertThat(cluster.exists(event)).isFalse();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  @Test
  void aNamespaceWaitsForWhatHasFinalizersAndSaysSo() {
    var held = claim("c", "1Gi").in("ns").finalizer("example.com/x");
    cluster.put(namespace("ns"), held).settle().delete(Keys.namespace("ns")).settle();
    assertThat(cluster.at(Keys.namespace("ns"), "status", "phase")).isEqualTo("Terminating");
    assertThat(cluster.at(Keys.namespace("ns"), "status", "conditions"))
        .contains(
            "Some resources are remaining: persistentvolumeclaims. has 1 resource instances",
            "example.com/x in 1 resource instances");
    cluster
        .change(held.key(), tree -> tree.withObject("metadata").remove("finalizers"))
        .remove(held.key())
        .settle();
    assertThat(cluster.exists(Keys.namespace("ns"))).isFalse();
  }

  @Test
  void podsStopBeforeWhatTheyUseIsTakenFromThem() {
    var pod = pod("p").in("ns").nodeName("n1");
    var settings = Manifest.of(new ObjectKey("configmaps", "ns", "s"), "v1", "ConfigMap");
    cluster.put(node("n1"), namespace("ns"), pod, settings).settle();
    cluster.delete(Keys.namespace("ns")).settle();
    assertThat(cluster.at(pod.key(), "metadata", "deletionTimestamp")).isNotEmpty();
    assertThat(cluster.exists(settings.key())).isTrue();
    assertThat(cluster.at(Keys.namespace("ns"), "status", "conditions"))
        .contains("configmaps. has 1 resource instances, pods. has 1 resource instances")
        .contains("All content-preserving finalizers finished");
    cluster.remove(pod.key()).settle();
    assertThat(cluster.exists(settings.key())).isFalse();
    assertThat(cluster.exists(Keys.namespace("ns"))).isFalse();
  }

  @Test
  void aLargeNamespaceIsEmptiedToo() {
    cluster.put(namespace("ns"));
    for (var i = 0; i < 200; i++) {
      cluster.put(pod("p" + i).in("ns"));
    }
    cluster.settle().delete(Keys.namespace("ns")).settle();
    assertThat(cluster.exists(Keys.namespace("ns"))).isFalse();
  }

  // Owners.

  @Test
  void whatBelongsToSomethingThatHasGoneGoesToo() {
    var owner = node("n1");
    var lease = lease("n1").owner(owner, false);
    cluster.put(owner, lease).settle();
    assertThat(cluster.exists(lease.key())).isTrue();
    cluster.remove(owner.key()).settle();
    assertThat(cluster.exists(lease.key())).isFalse();
  }

  @Test
  void anOwnerOfAnotherUidIsNoOwner() {
    var owner = claim("c", "1Gi").uid("first");
    var pod = pod("p").owner(owner, false);
    cluster.put(claim("c", "1Gi").uid("second"), pod).settle();
    assertThat(cluster.exists(pod.key())).isFalse();
  }

  @Test
  void oneLivingOwnerIsEnoughAndTheOthersAreForgotten() {
    var alive = claim("alive", "1Gi");
    var pod = pod("p").owner(alive, false).owner(claim("gone", "1Gi"), false);
    cluster.put(alive, pod).settle();
    assertThat(cluster.at(pod.key(), "metadata", "ownerReferences"))
        .contains("uid-of-alive")
        .doesNotContain("uid-of-gone");
  }

  @Test
  void anOwnerOfAnUnknownKindIsBelieved() {
    var owner = Manifest.of(new ObjectKey("x.example.com", "default", "x"), "example.com/v1", "X");
    var pod = pod("p").owner(owner, false);
    cluster.put(pod).settle();
    assertThat(cluster.exists(pod.key())).isTrue();
  }

  @Test
  void inTheForegroundTheDependentsGoFirst() {
    var owner = pod("owner").finalizer("foregroundDeletion");
    var blocking = pod("dependent").owner(owner, true).finalizer("example.com/x");
    cluster.put(owner, blocking).settle().delete(owner.key()).settle();
    assertThat(cluster.at(blocking.key(), "metadata", "deletionTimestamp")).isNotEmpty();
    assertThat(cluster.exists(owner.key())).isTrue();
    cluster.remove(blocking.key()).settle();
    assertThat(cluster.exists(owner.key())).isFalse();
  }

  @Test
  void inTheForegroundTheDependentsOfDependentsGoFirst() {
    var owner = pod("owner").finalizer("foregroundDeletion");
    var child = pod("child").owner(owner, true);
    var grandchild = pod("grandchild").owner(child, true).finalizer("example.com/x");
    cluster.put(owner, child, grandchild).settle().delete(owner.key()).settle();
    assertThat(cluster.at(grandchild.key(), "metadata", "deletionTimestamp")).isNotEmpty();
    assertThat(cluster.exists(child.key())).isTrue();
    assertThat(cluster.exists(owner.key())).isTrue();
    cluster.remove(grandchild.key()).settle();
    assertThat(cluster.exists(child.key())).isFalse();
    assertThat(cluster.exists(owner.key())).isFalse();
  }

  @Test
  void orphansAreLetGoFree() {
    var owner = pod("owner").finalizer("orphan");
    var dependent = pod("dependent").owner(owner, false);
    cluster.put(owner, dependent).settle().delete(owner.key()).settle();
    assertThat(cluster.exists(owner.key())).isFalse();
    assertThat(cluster.at(dependent.key(), "metadata", "ownerReferences")).isEmpty();
  }

  // Nodes.

  @Test
  void aNodeThatFallsSilentIsUnknownAndTaintedAndKeepsItsPods() {
    cluster.put(node("n1"), lease("n1"), pod("p").nodeName("n1")).settle();
    cluster.pass(PATIENCE.minusSeconds(1));
    assertThat(ready("n1")).isEqualTo("True");
    cluster.pass(Duration.ofSeconds(1));
    assertThat(ready("n1")).isEqualTo("Unknown");
    assertThat(cluster.at(Keys.node("n1"), "spec", "taints"))
        .isEqualTo("[{\"key\":\"node.kubernetes.io/unreachable\",\"effect\":\"NoSchedule\"}]");
    cluster.pass(Duration.ofHours(1));
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aNodeThatRenewsItsLeaseStaysReady() {
    cluster.put(node("n1"), lease("n1")).settle();
    for (var i = 0; i < 10; i++) {
      cluster.pass(Duration.ofSeconds(30)).put(lease("n1").set("" + i, "spec", "renewTime"));
      cluster.settle();
    }
    assertThat(ready("n1")).isEqualTo("True");
  }

  @Test
  void aNodeWithoutALeaseIsBelieved() {
    cluster.put(node("n1")).pass(Duration.ofHours(1));
    assertThat(ready("n1")).isEqualTo("True");
  }

  @Test
  void theTaintGoesWhenTheNodeIsReadyAgain() {
    cluster.put(node("n1").taint("own", "x", "NoSchedule"), lease("n1")).pass(PATIENCE);
    assertThat(cluster.at(Keys.node("n1"), "spec", "taints")).contains("unreachable");
    cluster.put(lease("n1").set("again", "spec", "renewTime"));
    cluster.change(
        Keys.node("n1"),
        tree -> {
          tree.withObject("status").remove("conditions");
          tree.withObject("status")
              .putArray("conditions")
              .addObject()
              .put("type", "Ready")
              .put("status", "True");
        });
    cluster.settle();
    assertThat(cluster.at(Keys.node("n1"), "spec", "taints"))
        .isEqualTo("[{\"key\":\"own\",\"value\":\"x\",\"effect\":\"NoSchedule\"}]");
  }

  @Test
  void aNodeThatSaysNotReadyIsTaintedAsSuch() {
    var node = Manifest.of(Keys.node("n1"), "v1", "Node").condition("Ready", "False");
    cluster.put(node).settle();
    assertThat(cluster.at(Keys.node("n1"), "spec", "taints")).contains("/not-ready");
  }

  @Test
  void podsOfANodeThatWasDeletedAreRemovedAfterAWhile() {
    cluster.put(node("n1"), pod("p").nodeName("n1"), pod("q").nodeName("n1").phase("Failed"));
    cluster.settle().remove(Keys.node("n1")).pass(PATIENCE.minusSeconds(1));
    assertThat(cluster.exists(Keys.pod("default", "p"))).isTrue();
    cluster.pass(Duration.ofSeconds(1));
    assertThat(cluster.exists(Keys.pod("default", "p"))).isFalse();
    assertThat(cluster.exists(Keys.pod("default", "q"))).isFalse();
    assertThat(cluster.events())
        .contains("p Warning NodeGone: its node n1 does not exist any more");
  }

  @Test
  void aNodeThatRegistersAgainInTimeKeepsItsPods() {
    cluster.put(node("n1"), pod("p").nodeName("n1")).settle();
    cluster.remove(Keys.node("n1")).pass(Duration.ofSeconds(20));
    cluster.put(node("n1")).pass(Duration.ofHours(1));
    assertThat(cluster.exists(Keys.pod("default", "p"))).isTrue();
  }

  private String ready(String node) {
    return cluster
        .at(Keys.node(node), "status", "conditions")
        .replaceAll(".*\"type\":\"Ready\",\"status\":\"(\\w+)\".*", "$1");
  }
}
