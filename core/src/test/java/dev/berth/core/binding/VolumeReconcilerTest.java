package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.storage.ObjectKey;
import org.junit.jupiter.api.Test;

/** What becomes of a volume, state by state. */
class VolumeReconcilerTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");
  private static final String BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  @Test
  void aNewVolumeBecomesAvailable() {
    cluster.put(volume("v", "1Gi")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void aReservedVolumeIsAvailableToo() {
    cluster.put(volume("v", "1Gi").claimRef("c", "")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Available c");
  }

  @Test
  void aVolumeWhoseClaimHasGoneIsReleasedAndKeptUnderRetain() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi")).settle();
    cluster.delete(C).settle();
    assertThat(cluster.exists(C)).isFalse();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
  }

  @Test
  void aClaimOfTheSameNameDoesNotGetTheVolumeOfItsPredecessor() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi").uid("first")).settle();
    cluster.delete(C).settle();
    cluster.put(claim("c", "1Gi").uid("second")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void aReservationByAWrongUidIsReleasedAtOnce() {
    cluster.put(volume("v", "1Gi").claimRef("c", "wrong"), claim("c", "1Gi")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  @Test
  void aWipeThatWasAskedForByHandIsTakenBackWhileAClaimHasTheVolume() {
    cluster.put(volume("v", "1Gi").policy("Delete").on("n"), claim("c", "1Gi"), node("n")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    cluster
        .change(
            V,
            tree ->
                tree.withObject("metadata")
                    .withObject("annotations")
                    .put(WipeProtocol.WIPE, "requested/1")
                    .put(WipeProtocol.WIPE_NODE, "n"))
        .settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void removingTheClaimRefFreesAReleasedVolume() {
    released("Retain");
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void removingOnlyTheUidReservesItAgain() {
    released("Retain");
    cluster
        .change(V, tree -> tree.withObject("spec").withObject("claimRef").remove("uid"))
        .settle();
    assertThat(cluster.volume("v")).isEqualTo("Available c");
    cluster.put(claim("c", "1Gi").uid("second")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void failedStaysFailedWhenThePolicyBecomesRetain() {
    cluster.put(volume("v", "1Gi").claimRef("c", "gone").policy("Delete").phase("Bound"));
    cluster.settle();
    assertThat(cluster.volume("v")).isEqualTo("Failed c");
    assertThat(cluster.at(V, "status", "message")).contains("there is no deleter");
    assertThat(cluster.events()).anyMatch(event -> event.contains("Warning VolumeFailedDelete"));
    setPolicy("Retain");
    assertThat(cluster.volume("v")).isEqualTo("Failed c");
  }

  @Test
  void thereIsNoRecycler() {
    released("Recycle");
    assertThat(cluster.volume("v")).isEqualTo("Failed c");
    assertThat(cluster.events())
        .contains("v Warning VolumeFailedRecycle: No recycler plugin found for the volume!");
  }

  @Test
  void aVolumeOfAnotherProvisionerIsLeftToIt() {
    cluster.put(
        volume("v", "1Gi")
            .on("n1")
            .annotation("pv.kubernetes.io/provisioned-by", "example.com/x")
            .policy("Delete")
            .claimRef("c", "gone"));
    cluster.put(node("n1")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
  }

  @Test
  void aVolumeOfOtherModeThanItsClaimIsReportedOnBoth() {
    cluster.put(claim("c", "1Gi"), volume("v", "1Gi").block().claimRef("c", "uid-of-c")).settle();
    assertThat(cluster.events())
        .contains(
            "v Warning VolumeMismatch: Cannot bind PersistentVolume to requested"
                + " PersistentVolumeClaim \"c\" due to incompatible volumeMode.",
            "c Warning VolumeMismatch: Cannot bind PersistentVolume \"v\" to requested"
                + " PersistentVolumeClaim due to incompatible volumeMode.");
  }

  // Its claim has another volume.

  @Test
  void aVolumeThatTheBinderReservedForNothingIsFreeAgain() {
    boundElsewhere(volume("v", "1Gi").annotation(BY_CONTROLLER, "yes"));
    assertThat(cluster.volume("v")).isEqualTo("Available");
    assertThat(cluster.annotation(V, BY_CONTROLLER)).isEmpty();
  }

  @Test
  void aVolumeThatAUserReservedForNothingKeepsTheReservation() {
    boundElsewhere(volume("v", "1Gi"));
    assertThat(cluster.volume("v")).isEqualTo("Available c");
    assertThat(cluster.at(V, "spec", "claimRef", "uid")).isEmpty();
  }

  @Test
  void aVolumeThatWasMadeForNothingIsReclaimed() {
    boundElsewhere(
        volume("v", "1Gi")
            .annotation("pv.kubernetes.io/provisioned-by", "example.com/x")
            .policy("Delete"));
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  @Test
  void aVolumeThatMayHoldDataIsNotFree() {
    boundElsewhere(volume("v", "1Gi").annotation(BY_CONTROLLER, "yes").phase("Bound"));
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  private void boundElsewhere(Manifest volume) {
    cluster.put(volume("w", "1Gi"), claim("c", "1Gi").volumeName("w")).settle();
    cluster.put(volume.claimRef("c", "uid-of-c")).settle();
  }

  private void released(String policy) {
    cluster.put(volume("v", "1Gi").policy(policy), claim("c", "1Gi")).settle();
    cluster.delete(C).settle();
  }

  private void setPolicy(String policy) {
    cluster
        .change(V, tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", policy))
        .settle();
  }
}
