package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which volume a claim gets. */
class MatchingTest {
  private static final String RWO = "ReadWriteOnce";
  private static final String ROX = "ReadOnlyMany";
  private static final String RWX = "ReadWriteMany";

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  @Test
  void theSmallestThatIsLargeEnough() {
    cluster.put(volume("v20", "20Gi"), volume("v5", "5Gi"), volume("v10", "10Gi")).settle();
    cluster.put(claim("c", "6Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v10");
  }

  @Test
  void amongEqualsTheFirstByName() {
    cluster.put(volume("b", "5Gi"), volume("a", "5Gi")).settle();
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound a");
  }

  @Test
  void neverOneThatIsTooSmall() {
    cluster.put(volume("v", "5Gi"), claim("c", "5368709121")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void theFewestAccessModesCountMoreThanTheSize() {
    cluster.put(volume("small", "1Gi").modes(RWO, RWX), volume("big", "10Gi").modes(RWO)).settle();
    cluster.put(claim("c", "1Gi").modes(RWO)).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound big");
  }

  @Test
  void itMustHaveAllModesThatAreWanted() {
    cluster.put(volume("rwo", "5Gi").modes(RWO), volume("both", "5Gi").modes(RWO, ROX)).settle();
    cluster.put(claim("c", "1Gi").modes(RWO, ROX), claim("d", "1Gi").modes(RWX)).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound both");
    assertThat(cluster.claim("d")).isEqualTo("Pending");
  }

  @Test
  void onlyEqualClassesMeetAndNoObjectOfTheClassIsNeeded() {
    cluster.put(volume("none", "5Gi"), volume("manual", "5Gi").classed("manual")).settle();
    cluster.put(claim("c", "1Gi").classed("manual"), claim("d", "1Gi").classed("")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound manual");
    assertThat(cluster.claim("d")).isEqualTo("Bound none");
  }

  @Test
  void theOldAnnotationOfTheClassWins() {
    var old = "volume.beta.kubernetes.io/storage-class";
    cluster.put(volume("v", "5Gi").classed("x").annotation(old, "y")).settle();
    cluster.put(claim("c", "1Gi").classed("x"), claim("d", "1Gi").annotation(old, "y")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.claim("d")).isEqualTo("Bound v");
  }

  @Test
  void theSelectorMustMatch() {
    cluster.put(volume("a", "1Gi"), volume("b", "5Gi").label("disk", "ssd")).settle();
    cluster.put(claim("c", "1Gi").selector("disk", "ssd")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound b");
  }

  @Test
  void theVolumeModeMustBeTheSame() {
    cluster.put(volume("fs", "1Gi"), volume("block", "5Gi").block()).settle();
    cluster.put(claim("c", "1Gi").block()).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound block");
  }

  private void say(@Nullable String word) {
    cluster
        .change(
            Keys.volume("v"),
            tree -> {
              var annotations = tree.withObject("metadata").withObject("annotations");
              if (word == null) {
                annotations.remove(Cordon.ANNOTATION);
              } else {
                annotations.put(Cordon.ANNOTATION, word);
              }
            })
        .settle();
  }

  private static Manifest failing(Manifest volume) {
    var condition = volume.tree().withObject("status").putArray("conditions").addObject();
    condition.put("type", "DiskHealthy").put("status", "False").put("message", "3 errors");
    return volume;
  }

  @Test
  void oneWhoseDiskIsFailingIsNotOfferedUntilAnAdministratorSaysSo() {
    cluster.put(failing(volume("v", "1Gi"))).settle();
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.events())
        .anySatisfy(
            event ->
                assertThat(event)
                    .contains("c Warning VolumesCordoned", "v (its disk is failing: 3 errors)"));
    say("false");
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void oneThatAnAdministratorHasTakenOutIsOfferedAgainWhenTheWordIsTakenBack() {
    cluster.put(volume("v", "1Gi").annotation(Cordon.ANNOTATION, "true"), claim("c", "1Gi"));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    say(null);
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void whatTheClaimNamesItGetsOnAFailingDiskToo() {
    cluster.put(failing(volume("v", "1Gi")), claim("c", "1Gi").volumeName("v")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void oneThatIsBeingDeletedIsNotOffered() {
    cluster.put(volume("v", "1Gi").finalizer("example.com/keep").phase("Available").deleting());
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void aVolumeWithoutANodeInSightServesToo() {
    cluster.put(volume("v", "1Gi").on("n1"), claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void aReservedVolumeNeedsNeitherClassNorSelector() {
    cluster.put(volume("v", "1Gi").classed("x").claimRef("c", "")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Available c");
    cluster.put(claim("c", "1Gi").selector("disk", "ssd")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void aReservedVolumeMustBeLargeEnough() {
    cluster.put(volume("v", "1Gi").claimRef("c", ""), claim("c", "2Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void aReservedVolumeComesBeforeASmallerOneWithTheSameModes() {
    cluster.put(volume("small", "1Gi"), volume("mine", "9Gi").claimRef("c", "")).settle();
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound mine");
  }

  @Test
  void aReservedVolumeWithMoreModesLosesToOneWithFewer() {
    cluster.put(volume("exact", "9Gi"), volume("mine", "1Gi").modes(RWO, RWX).claimRef("c", ""));
    cluster.settle().put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound exact");
    assertThat(cluster.volume("mine")).isEqualTo("Available c");
  }

  @Test
  void aVolumeReservedForAnotherIsNotOffered() {
    cluster.put(volume("v", "1Gi").claimRef("other", ""), claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void aVolumeReservedForAnUidIsForThatUidOnly() {
    cluster.put(volume("v", "1Gi").claimRef("c", "another-uid"), claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  @Test
  void aDirtyVolumeIsNotOfferedWhateverItsPhaseSays() {
    var dirty = volume("v", "1Gi").phase("Available").policy("Delete").on("n");
    cluster.put(dirty.wipe("requested/7", "n", "u"));
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
  }

  @Test
  void aLateVolumeIsBoundAtOnceToTheLargestClaimThatItFits() {
    cluster.put(claim("one", "1Gi"), claim("three", "3Gi"), claim("nine", "9Gi")).settle();
    cluster.put(volume("v", "5Gi")).settle();
    assertThat(cluster.claim("three")).isEqualTo("Bound v");
    assertThat(cluster.claim("one")).isEqualTo("Pending");
    cluster.put(volume("w", "5Gi")).settle();
    assertThat(cluster.claim("one")).isEqualTo("Bound w");
  }

  @Test
  void aLateVolumePassesOverClaimsThatCannotHaveIt() {
    cluster.put(claim("picky", "3Gi").selector("disk", "ssd"), claim("old", "1Gi"));
    cluster.put(claim("young", "1Gi").created("2026-02-01T00:00:00Z")).settle();
    cluster.put(volume("v", "5Gi")).settle();
    assertThat(cluster.claim("old")).isEqualTo("Bound v");
  }

  @Test
  void aDelayedClaimWaitsForItsPodAlthoughAVolumeFits() {
    cluster.put(storageClass("local", true), volume("v", "1Gi").classed("local").on("n1"));
    cluster.put(claim("c", "1Gi").classed("local")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.events())
        .contains(
            "c Normal WaitForFirstConsumer: waiting for first consumer to be created before"
                + " binding");
  }

  @Test
  void aDelayedClaimTakesAVolumeThatIsReservedForIt() {
    cluster.put(storageClass("local", true), volume("v", "1Gi").classed("local").claimRef("c", ""));
    cluster.put(claim("c", "1Gi").classed("local")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void aClassWithoutObjectIsImmediate() {
    cluster.put(volume("v", "1Gi").classed("nowhere").on("n1"));
    cluster.put(claim("c", "1Gi").classed("nowhere")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void aClaimOnItsWayOutGetsNothing() {
    cluster.put(claim("c", "1Gi").finalizer("example.com/keep").deleting());
    cluster.put(volume("v", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.exists(Keys.claim("default", "c"))).isTrue();
  }
}
