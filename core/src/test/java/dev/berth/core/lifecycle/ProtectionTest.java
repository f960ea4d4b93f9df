package dev.berth.core.lifecycle;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Controller;
import dev.berth.core.control.Keys;
import dev.berth.core.control.TestCluster;
import dev.berth.core.storage.ObjectKey;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is in use does not go. */
class ProtectionTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");
  private static final ObjectKey P = Keys.pod("default", "p");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  @Test
  void aClaimWaitsForThePodsThatHaveANode() {
    cluster.put(claim("c", "1Gi"), pod("p", "c").nodeName("n1")).settle().delete(C).settle();
    assertThat(cluster.exists(C)).isTrue();
    assertThat(cluster.events())
        .contains("c Normal InUse: its deletion waits for the pods that use it: p");
    cluster.remove(P).settle();
    assertThat(cluster.exists(C)).isFalse();
  }

  @Test
  void aFinishedPodStillCounts() {
    cluster.put(claim("c", "1Gi"), pod("p", "c").nodeName("n1").phase("Succeeded"));
    cluster.settle().delete(C).settle();
    assertThat(cluster.exists(C)).isTrue();
  }

  @Test
  void aPodWithoutANodeDoesNotCount() {
    cluster.put(claim("c", "1Gi"), pod("p", "c")).settle().delete(C).settle();
    assertThat(cluster.exists(C)).isFalse();
  }

  @Test
  void aPodOfAnotherNamespaceDoesNotCount() {
    cluster.put(claim("c", "1Gi"), pod("p", "c").nodeName("n1").in("other"));
    cluster.settle().delete(C).settle();
    assertThat(cluster.exists(C)).isFalse();
  }

  @Test
  void aVolumeWaitsForItsClaim() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi")).settle().delete(V).settle();
    assertThat(cluster.exists(V)).isTrue();
    assertThat(cluster.events())
        .contains("v Normal InUse: its deletion waits: delete the claim default/c, which has it");
    cluster.delete(C).settle();
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void aFreeVolumeGoesAtOnce() {
    cluster.put(volume("v", "1Gi")).settle().delete(V).settle();
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void aVolumeWhoseDataHasToBeWipedWaitsAlsoBeforeTheWipeWasAskedFor() {
    var alone = new TestCluster(List.of(Controller.of("protection", new VolumeProtection())));
    var released = volume("v", "1Gi").on("n1").policy("Delete").claimRef("c", "gone");
    alone.put(released.set("Released", "status", "phase")).settle().delete(V).settle();
    assertThat(alone.exists(V)).isTrue();
    assertThat(alone.events())
        .contains(
            "v Normal InUse: its deletion waits: the data on it has to be wiped first, or its"
                + " persistentVolumeReclaimPolicy set to Retain");
  }

  @Test
  void anotherFinalizerStillHolds() {
    cluster.put(volume("v", "1Gi").finalizer("example.com/x")).settle().delete(V).settle();
    assertThat(cluster.at(V, "metadata", "finalizers")).isEqualTo("[\"example.com/x\"]");
  }

  @Test
  void whatCameWithoutProtectionGetsIt() {
    var claim = claim("c", "1Gi");
    claim.tree().withObject("metadata").remove("finalizers");
    var volume = volume("v", "1Gi");
    volume.tree().withObject("metadata").remove("finalizers");
    cluster.put(claim, volume).settle();
    assertThat(cluster.at(C, "metadata", "finalizers")).contains("kubernetes.io/pvc-protection");
    assertThat(cluster.at(V, "metadata", "finalizers")).contains("kubernetes.io/pv-protection");
  }
}
