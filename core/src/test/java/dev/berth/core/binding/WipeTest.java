package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.storage.ObjectKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** The binder's half of the wipe protocol. */
class WipeTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  @BeforeEach
  void aBoundLocalVolumeWithPolicyDelete() {
    cluster.put(node("n1"), node("n2"), local(), claim("c", "1Gi").uid("u1")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
  }

  private static Manifest local() {
    return volume("v", "1Gi").on("n1").policy("Delete");
  }

  @Test
  void releaseAndRequestAreOneWrite() {
    var before = revision(V);
    cluster.delete(C);
    var deleted = cluster.store.revision();
    cluster.settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEqualTo("requested/" + before);
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEqualTo("n1");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_CLAIM)).isEqualTo("u1");
    // The claim's removal, and that.
    assertThat(cluster.store.revision()).isEqualTo(deleted + 2);
  }

  @Test
  void itIsNotAvailableBeforeTheNodeSaysThatItIsDone() {
    cluster.delete(C).settle().put(claim("d", "1Gi")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.claim("d")).isEqualTo("Pending");
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Bound d");
    assertThat(cluster.claim("d")).isEqualTo("Bound v");
  }

  @Test
  void afterwardsNothingOfTheOldClaimIsLeft() {
    cluster.delete(C).settle();
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
    assertThat(cluster.at(V, "spec", "claimRef")).isEmpty();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("done/");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_CLAIM)).isEmpty();
    assertThat(cluster.annotation(V, "pv.kubernetes.io/bound-by-controller")).isEmpty();
  }

  @Test
  void anOldWordDoneDoesNotStandForANewRelease() {
    cluster.delete(C).settle();
    nodeSaysDone();
    var first = cluster.annotation(V, WipeProtocol.WIPE);
    cluster.put(claim("d", "1Gi")).settle().delete(Keys.claim("default", "d")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released d");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE))
        .isNotEqualTo(first.replace("done", "requested"));
  }

  @Test
  void anOldWordDoneDoesNotStandForAReleaseUnderRetainEither() {
    cluster.delete(C).settle();
    nodeSaysDone();
    setPolicy("Retain");
    cluster.put(claim("d", "1Gi")).settle().delete(Keys.claim("default", "d")).settle();
    setPolicy("Delete");
    assertThat(cluster.volume("v")).isEqualTo("Released d");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
  }

  @Test
  void retainCancelsIt() {
    cluster.delete(C).settle();
    setPolicy("Retain");
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
  }

  @Test
  void fromRetainToDeleteStartsIt() {
    setPolicy("Retain");
    cluster.delete(C).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    setPolicy("Delete");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
  }

  @Test
  void removingTheClaimRefOfADirtyVolumeDoesNotFreeIt() {
    cluster.delete(C).settle();
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released");
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void removingTheUidOfADirtyVolumeReservesItForAfterTheWipe() {
    cluster.delete(C).settle();
    cluster.change(V, tree -> tree.withObject("spec").withObject("claimRef").remove("uid"));
    cluster.put(claim("c", "1Gi").uid("u2")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    nodeSaysDone();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void deletingTheVolumeWaitsForTheWipe() {
    cluster.delete(C).settle().delete(V).settle();
    assertThat(cluster.exists(V)).isTrue();
    assertThat(cluster.events())
        .contains(
            "v Normal InUse: its deletion waits: the data on it has to be wiped first, or its"
                + " persistentVolumeReclaimPolicy set to Retain");
    nodeSaysDone();
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void aDiscoveredVolumeIsDeletedAfterTheWipe() {
    cluster.change(
        V,
        tree ->
            tree.withObject("metadata")
                .withObject("annotations")
                .put("pv.kubernetes.io/provisioned-by", "local-volume-provisioner-n1-uid"));
    cluster.delete(C).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    nodeSaysDone();
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void theNodeIsNamedWhenItAppears() {
    cluster.remove(Keys.node("n1")).settle().delete(C).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.events())
        .contains(
            "v Warning VolumeFailedDelete: its data has to be wiped, but no node matches its node"
                + " affinity: waiting for the node");
    cluster.put(node("n1")).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEqualTo("n1");
  }

  @Test
  void whoHasTheDiskMustBeSaidWhenItCannotBeTold() {
    cluster.put(node("n1-twin").set("n1", "metadata", "labels", "kubernetes.io/hostname"));
    cluster.settle().delete(C).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.events())
        .anyMatch(event -> event.contains("matches several nodes (n1, n1-twin)"));
  }

  @Test
  void aFailedLocalVolumeIsWipedToo() {
    cluster.delete(C).settle();
    cluster.change(V, tree -> tree.withObject("status").put("phase", "Failed")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Failed c");
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void garbageInTheAnnotationIsReplacedByARequest() {
    cluster.delete(C).settle();
    cluster.change(V, tree -> annotations(tree).put(WipeProtocol.WIPE, "yes please")).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEqualTo("n1");
  }

  private String method() {
    return cluster.annotation(V, WipeMethod.ANNOTATION);
  }

  private void releasedOfClass(String method, Manifest volume) {
    cluster
        .remove(V)
        .remove(C)
        .settle()
        .put(
            storageClass("s", false).set(method, "parameters", WipeMethod.PARAMETER),
            volume.classed("s"),
            volume.tree().path("spec").path("volumeMode").asString("").equals("Block")
                ? claim("c", "1Gi").uid("u2").classed("s").block()
                : claim("c", "1Gi").uid("u2").classed("s"))
        .settle();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    cluster.delete(C).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  @Test
  void withoutAWordOfItsClassItIsZeroed() {
    cluster.delete(C).settle();
    assertThat(method()).isEqualTo("zero");
  }

  @ParameterizedTest
  @ValueSource(strings = {"signatures", "discard", "zero", "overwrite"})
  void theClassSaysHow(String method) {
    releasedOfClass(method, local());
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
    assertThat(method()).isEqualTo(method);
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
    assertThat(method()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"signatures,zero", "discard,zero", "zero,zero", "overwrite,overwrite"})
  void whatMayComeBackAsABlockVolumeHasNothingLeftToRead(String asked, String done) {
    releasedOfClass(asked, local().block());
    assertThat(method()).isEqualTo(done);
    cluster.change(V, tree -> annotations(tree).put(WipeMethod.ANNOTATION, asked)).settle();
    assertThat(method()).isEqualTo(done);
  }

  @Test
  void aDiskThatBecomesAnotherVolumeHasNothingLeftToReadEither() {
    releasedOfClass(
        "signatures", local().annotation("pv.kubernetes.io/provisioned-by", "berth.dev/disk"));
    assertThat(method()).isEqualTo("zero");
    assertThat(cluster.events())
        .containsOnlyOnce(
            "v Normal VolumeWipeMethod: its data is destroyed by zero, not signatures, because its"
                + " disk may come back as a Block volume");
  }

  @Test
  void withNoneAnAdministratorDecides() {
    releasedOfClass("none", local());
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    assertThat(cluster.at(V, "status", "message")).contains("asks for no wipe (method none)");
    cluster.put(claim("d", "1Gi").classed("s")).settle();
    assertThat(cluster.claim("d")).isEqualTo("Pending");
    cluster.change(V, tree -> annotations(tree).put(WipeMethod.ANNOTATION, "overwrite")).settle();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).startsWith("requested/");
    assertThat(method()).isEqualTo("overwrite");
    assertThat(cluster.at(V, "status", "message")).isEmpty();
    nodeSaysDone();
    assertThat(cluster.claim("d")).isEqualTo("Bound v");
  }

  @Test
  void withNoneRemovingTheClaimRefOffersItAsItIs() {
    releasedOfClass("none", local());
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Available");
    assertThat(cluster.at(V, "status", "message")).isEmpty();
  }

  @Test
  void anAdministratorStopsAWipe() {
    cluster.delete(C).settle();
    cluster.change(V, tree -> annotations(tree).put(WipeMethod.ANNOTATION, "none")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.at(V, "status", "message")).contains("asks for no wipe");
  }

  private void cordon(String word) {
    cluster.change(V, tree -> annotations(tree).put(Cordon.ANNOTATION, word)).settle();
  }

  private void diskIsWell(boolean well) {
    cluster
        .change(
            V,
            tree ->
                tree.withObject("status")
                    .putArray("conditions")
                    .addObject()
                    .put("type", Cordon.DISK_HEALTHY)
                    .put("status", well ? "True" : "False")
                    .put("message", "12 requests failed"))
        .settle();
  }

  private void isHeld() {
    assertThat(cluster.volume("v")).startsWith("Released");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEmpty();
    assertThat(cluster.at(V, "status", "message"))
        .contains("is not wiped", "is cordoned", "berth.dev/cordoned=wipe");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCordonedVolumeKeepsWhatItHoldsUntilSomebodyDecides(boolean failing) {
    if (failing) {
      diskIsWell(false);
    } else {
      cordon("true");
    }
    cluster.delete(C).settle();
    isHeld();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEmpty();
    assertThat(cluster.events())
        .anySatisfy(event -> assertThat(event).startsWith("v Warning VolumeNotWiped: "));
    cluster.put(claim("d", "1Gi").spec("{'volumeName': 'v'}")).settle();
    isHeld();
    assertThat(cluster.claim("d")).isEqualTo("Pending v");

    cordon("wipe");
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEqualTo("n1");
    assertThat(cluster.at(V, "status", "message")).isEmpty();
    nodeSaysDone();
    assertThat(cluster.claim("d")).isEqualTo("Pending v");
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.at(V, "status", "message")).contains("destroyed", "stays Released");
    cordon("false");
    assertThat(cluster.claim("d")).isEqualTo("Bound v");
  }

  @Test
  void whatACordonedVolumeHoldsIsNobodysForHavingNoClaim() {
    cordon("true");
    cluster.delete(C).settle();
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    cluster.put(claim("d", "1Gi").spec("{'volumeName': 'v'}")).settle();
    isHeld();
    assertThat(cluster.claim("d")).isEqualTo("Pending v");
    cordon("false");
    nodeSaysDone();
    assertThat(cluster.claim("d")).isEqualTo("Bound v");
  }

  @Test
  void aDiskThatFailsWhileItIsWipedIsLeftUntilItIsWellAgain() {
    cluster.delete(C).settle();
    var asked = cluster.annotation(V, WipeProtocol.WIPE);
    diskIsWell(false);
    isHeld();
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).as("half wiped").isEqualTo(asked);
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    isHeld();
    diskIsWell(true);
    assertThat(cluster.annotation(V, WipeProtocol.WIPE)).isEqualTo(asked);
    assertThat(cluster.annotation(V, WipeProtocol.WIPE_NODE)).isEqualTo("n1");
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void noNewVolumeOfACordonedDiskIsDiscovered() {
    cluster.change(
        V,
        tree ->
            annotations(tree)
                .put("pv.kubernetes.io/provisioned-by", "local-volume-provisioner-n1-uid"));
    cluster.delete(C).settle();
    cordon("wipe");
    nodeSaysDone();
    assertThat(cluster.exists(V)).isTrue();
    cordon("false");
    assertThat(cluster.exists(V)).isFalse();
  }

  private void nodeSaysDone() {
    cluster
        .change(
            V,
            tree -> {
              var annotations = annotations(tree);
              var asked = annotations.get(WipeProtocol.WIPE).stringValue();
              annotations.put(WipeProtocol.WIPE, asked.replace("requested", "done"));
            })
        .settle();
  }

  private static ObjectNode annotations(ObjectNode tree) {
    return tree.withObject("metadata").withObject("annotations");
  }

  private long revision(ObjectKey key) {
    return cluster.store.get(key).orElseThrow().revision();
  }

  private void setPolicy(String policy) {
    cluster
        .change(V, tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", policy))
        .settle();
  }
}
