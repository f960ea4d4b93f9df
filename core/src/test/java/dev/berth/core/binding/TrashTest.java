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
import dev.berth.core.model.Json;
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.registry.patch.MergePatch;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Released volumes that keep their data for a while, and are given back. */
class TrashTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");
  private static final ObjectKey S = Keys.storageClass("s");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest classKeeping(String time) {
    return storageClass("s", false).annotation(KeepTime.ANNOTATION, time);
  }

  private static Manifest local() {
    return volume("v", "1Gi").on("n1").policy("Delete").classed("s");
  }

  private static Manifest claimed() {
    return claim("c", "1Gi").uid("u1").classed("s");
  }

  private TestCluster bound(Manifest type, Manifest claim) {
    cluster.put(type, node("n1"), local(), claim).settle();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    return cluster;
  }

  private String message() {
    return cluster.at(V, "status", "message");
  }

  private String wipe() {
    return cluster.annotation(V, WipeProtocol.WIPE);
  }

  @Test
  void theDataIsKeptAsLongAsTheClassSaysAndThenWiped() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(wipe()).isEmpty();
    var told =
        "the data of the deleted claim default/c is kept until 2026-01-04T00:00:00Z"
            + " (berth.dev/keep-deleted-for=24h). To have it back: berth undelete pv/v. To destroy"
            + " it now: kubectl annotate --overwrite pv v berth.dev/keep-deleted-for=0";
    assertThat(message()).isEqualTo(told);
    assertThat(cluster.events()).containsOnlyOnce("v Normal VolumeKept: " + told);
    cluster.pass(Duration.ofHours(23));
    assertThat(wipe()).isEmpty();
    cluster.pass(Duration.ofHours(1));
    assertThat(wipe()).startsWith("requested/");
    assertThat(message()).isEmpty();
  }

  @Test
  void withoutAWordNothingIsKept() {
    bound(storageClass("s", false), claimed()).delete(C).settle();
    assertThat(wipe()).startsWith("requested/");
  }

  @ParameterizedTest
  @CsvSource({"24h,0,true", "0,24h,false", "1h,24h,false"})
  void theClaimWinsOverItsClass(String ofClass, String ofClaim, boolean wiped) {
    bound(classKeeping(ofClass), claimed().annotation(KeepTime.ANNOTATION, ofClaim));
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEqualTo(ofClaim);
    cluster.delete(C).pass(Duration.ofHours(23));
    assertThat(wipe().startsWith("requested/")).isEqualTo(wiped);
  }

  @Test
  void itIsRememberedWhereTheClassIsGoneWhenItCounts() {
    bound(classKeeping("24h"), claimed()).remove(S).delete(C).settle();
    assertThat(wipe()).isEmpty();
    assertThat(message()).contains("is kept until");
  }

  @Test
  void whileItIsBoundAChangeOfClaimOrClassCounts() {
    bound(storageClass("s", false), claimed());
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEmpty();
    cluster.put(classKeeping("2h")).settle();
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEqualTo("2h");
    cluster.change(C, tree -> annotations(tree).put(KeepTime.ANNOTATION, "3h")).settle();
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEqualTo("3h");
    cluster.change(C, tree -> annotations(tree).remove(KeepTime.ANNOTATION)).settle();
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEqualTo("2h");
  }

  @Test
  void anAdministratorEmptiesTheTrash() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.change(V, tree -> annotations(tree).put(KeepTime.ANNOTATION, "0")).settle();
    assertThat(wipe()).startsWith("requested/");
  }

  @Test
  void anAdministratorGivesItMoreTime() {
    bound(classKeeping("1h"), claimed()).delete(C).settle();
    cluster.change(V, tree -> annotations(tree).put(KeepTime.ANNOTATION, "2h")).settle();
    assertThat(message()).contains("until 2026-01-03T02:00:00Z");
    cluster.pass(Duration.ofMinutes(90));
    assertThat(wipe()).isEmpty();
    cluster.pass(Duration.ofMinutes(30));
    assertThat(wipe()).startsWith("requested/");
  }

  @Test
  void aTimeThatNobodyUnderstandsDestroysNothing() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.change(V, tree -> annotations(tree).put(KeepTime.ANNOTATION, "soon")).settle();
    cluster.pass(Duration.ofDays(30));
    assertThat(wipe()).isEmpty();
  }

  @Test
  void deletingTheVolumeWaitsForTheEndOfTheTrash() {
    bound(classKeeping("24h"), claimed()).delete(C).settle().delete(V).settle();
    assertThat(cluster.exists(V)).isTrue();
    assertThat(cluster.events())
        .anyMatch(event -> event.contains("InUse: its deletion waits: the data of its deleted"));
    cluster.pass(Duration.ofDays(1));
    assertThat(cluster.exists(V)).isTrue();
    nodeSaysDone();
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void removingTheClaimRefDoesNotFreeIt() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    cluster.put(claim("d", "1Gi").classed("s")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released");
    assertThat(wipe()).isEmpty();
    cluster.pass(Duration.ofDays(1));
    assertThat(wipe()).startsWith("requested/");
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Bound d");
  }

  @Test
  void retainEndsTheTimeLimit() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    setPolicy("Retain");
    assertThat(message()).isEmpty();
    cluster.pass(Duration.ofDays(2));
    assertThat(wipe()).isEmpty();
    setPolicy("Delete");
    assertThat(wipe()).isEmpty();
    cluster.pass(Duration.ofDays(1));
    assertThat(wipe()).startsWith("requested/");
  }

  @Test
  void whatWasAskedForOneClaimDoesNotStandForTheNext() {
    bound(storageClass("s", false), claimed().annotation(KeepTime.ANNOTATION, "1h"));
    cluster.delete(C).pass(Duration.ofHours(1));
    nodeSaysDone();
    assertThat(cluster.volume("v")).isEqualTo("Available");
    assertThat(cluster.annotation(V, KeepTime.ANNOTATION)).isEmpty();
    assertThat(cluster.annotation(V, Trash.RELEASED_AT)).isEmpty();
    var d = Keys.claim("default", "d");
    cluster.put(claim("d", "1Gi").classed("s")).settle().delete(d).settle();
    assertThat(wipe()).startsWith("requested/");
  }

  @Test
  void aVolumeOfAnotherKindIsNotKept() {
    cluster.put(
        classKeeping("24h"),
        volume("v", "1Gi").policy("Delete").classed("s").set("/x", "spec", "hostPath", "path"),
        claimed());
    cluster.settle().delete(C).settle();
    assertThat(cluster.volume("v")).isEqualTo("Failed c");
  }

  @Test
  void aClaimCreatedAfterwardsGetsItBack() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    undelete();
    assertThat(cluster.volume("v")).isEqualTo("Available c");
    cluster.put(claim("other", "1Gi").classed("s")).settle();
    assertThat(cluster.claim("other")).isEqualTo("Pending");
    cluster.put(claim("c", "1Gi").uid("u2").classed("s")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.at(V, "spec", "claimRef", "uid")).isEqualTo("u2");
    assertThat(message()).isEmpty();
    cluster.pass(Duration.ofDays(3));
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    assertThat(wipe()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClaimThatWaitsGetsItBack(boolean delayed) {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.put(storageClass("s", delayed).annotation(KeepTime.ANNOTATION, "24h"));
    cluster.put(claim("c", "1Gi").uid("u2").classed("s")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    undelete();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
  }

  @Test
  void itsNextReleaseIsKeptAnewForTheWholeTime() {
    bound(classKeeping("24h"), claimed()).delete(C).pass(Duration.ofHours(20));
    undelete();
    cluster.put(claim("c", "1Gi").uid("u2").classed("s")).settle().delete(C).settle();
    cluster.pass(Duration.ofHours(23));
    assertThat(wipe()).isEmpty();
    cluster.pass(Duration.ofHours(1));
    assertThat(wipe()).startsWith("requested/");
  }

  @Test
  void aRetainedVolumeIsGivenBackToo() {
    bound(storageClass("s", false), claimed());
    setPolicy("Retain");
    cluster.delete(C).settle();
    undelete();
    cluster.put(claim("c", "1Gi").uid("u2").classed("s")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void whatIsBoundCannotBeGivenBack() {
    bound(classKeeping("24h"), claimed());
    assertThat(judged())
        .isEqualTo(
            new Undelete.Refused("it is Bound; only a volume that is Released can be given back"));
  }

  @Test
  void whatIsBeingWipedOrWasCannotBeGivenBack() {
    bound(storageClass("s", false), claimed()).delete(C).settle();
    assertThat(judged())
        .isEqualTo(
            new Undelete.Refused("the wipe of its data was already asked for, and may have begun"));
    cluster.change(V, tree -> annotations(tree).put(WipeProtocol.WIPE, "done/1"));
    assertThat(judged()).isEqualTo(new Undelete.Refused("its data was already wiped"));
  }

  @Test
  void whatWasWipedBeforeItsLastClaimCanBeGivenBack() {
    bound(storageClass("s", false), claimed()).delete(C).settle();
    nodeSaysDone();
    cluster.put(classKeeping("1h"), claim("d", "1Gi").classed("s")).settle();
    cluster.delete(Keys.claim("default", "d")).settle();
    assertThat(wipe()).startsWith("done/");
    assertThat(judged()).isInstanceOf(Undelete.Possible.class);
  }

  @Test
  void whatIsBeingDeletedCannotBeGivenBack() {
    bound(classKeeping("24h"), claimed()).delete(C).settle().delete(V).settle();
    assertThat(judged())
        .isEqualTo(
            new Undelete.Refused(
                "it is being deleted itself: create a volume for the disk again instead"));
  }

  @Test
  void aClaimWithAnotherVolumeCannotGetItBack() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.put(volume("w", "1Gi").classed("s"), claimed().uid("u2")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound w");
    assertThat(judged())
        .isEqualTo(
            new Undelete.Refused(
                "the claim default/c has another volume now (w): delete that claim first"));
  }

  @Test
  void nobodyKnowsWhoseDataItIsWithoutTheClaimRef() {
    bound(classKeeping("24h"), claimed()).delete(C).settle();
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    assertThat(judged())
        .isEqualTo(
            new Undelete.Refused("it does not say whose data it holds: spec.claimRef was removed"));
  }

  @ParameterizedTest
  @CsvSource({
    "0,PT0S",
    "30m,PT30M",
    "24h,PT24H",
    "7d,PT168H",
    "1d12h,PT36H",
    "1h30m5s,PT1H30M5S",
    "0s,PT0S"
  })
  void durationsAsPeopleWriteThem(String text, Duration meant) {
    assertThat(KeepTime.parse(text)).contains(meant);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "24", "h", "-1h", "1.5h", "1h1d", "24 h", "9999d", "1w"})
  void whatIsNoDuration(String text) {
    assertThat(KeepTime.parse(text)).isEmpty();
  }

  private Undelete judged() {
    var claim =
        cluster.exists(C)
            ? Json.view(Json.write(cluster.tree(C)), PersistentVolumeClaim.class)
            : null;
    return Undelete.of(Json.view(Json.write(cluster.tree(V)), PersistentVolume.class), claim);
  }

  private void undelete() {
    assertThat(judged()).isInstanceOf(Undelete.Possible.class);
    if (judged() instanceof Undelete.Possible(var patch)) {
      cluster
          .change(
              V,
              tree -> {
                var patched = MergePatch.apply(tree.deepCopy(), patch);
                tree.removeAll();
                tree.setAll(patched);
              })
          .settle();
    }
  }

  private void nodeSaysDone() {
    cluster
        .change(
            V,
            tree -> {
              var asked = annotations(tree).get(WipeProtocol.WIPE).stringValue();
              annotations(tree).put(WipeProtocol.WIPE, asked.replace("requested", "done"));
            })
        .settle();
  }

  private void setPolicy(String policy) {
    cluster
        .change(V, tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", policy))
        .settle();
  }

  private static ObjectNode annotations(ObjectNode tree) {
    return tree.withObject("metadata").withObject("annotations");
  }
}
