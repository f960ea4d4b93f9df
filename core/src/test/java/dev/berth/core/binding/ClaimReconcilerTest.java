package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.TestCluster;
import dev.berth.core.storage.ObjectKey;
import org.junit.jupiter.api.Test;

/** What becomes of a claim, state by state. */
class ClaimReconcilerTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");
  private static final String BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
  private static final String COMPLETED = "pv.kubernetes.io/bind-completed";

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  @Test
  void aBindingIsCompleteOnBothSidesInOneTransaction() {
    cluster.put(volume("v", "5Gi")).settle();
    cluster.put(claim("c", "1Gi").uid("u1"));
    var before = cluster.store.revision();
    cluster.settle();
    assertThat(cluster.store.revision()).isEqualTo(before + 2);
    assertThat(cluster.at(V, "spec", "claimRef"))
        .isEqualTo(
            "{\"kind\":\"PersistentVolumeClaim\",\"namespace\":\"default\",\"name\":\"c\","
                + "\"uid\":\"u1\",\"apiVersion\":\"v1\",\"resourceVersion\":\"%d\"}"
                    .formatted(before));
    assertThat(cluster.annotation(V, BY_CONTROLLER)).isEqualTo("yes");
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.annotation(C, BY_CONTROLLER)).isEqualTo("yes");
    assertThat(cluster.annotation(C, COMPLETED)).isEqualTo("yes");
    assertThat(cluster.at(C, "status", "capacity")).isEqualTo("{\"storage\":\"5Gi\"}");
    assertThat(cluster.at(C, "status", "accessModes")).isEqualTo("[\"ReadWriteOnce\"]");
  }

  @Test
  void aBoundPairIsLeftAlone() {
    cluster.put(volume("v", "5Gi"), claim("c", "1Gi")).settle();
    var revision = cluster.store.revision();
    cluster.change(C, tree -> tree.withObject("metadata").withObject("labels").put("x", "y"));
    cluster.settle();
    assertThat(cluster.store.revision()).isEqualTo(revision + 1);
  }

  @Test
  void unknownFieldsOfBothSurvive() {
    cluster.put(volume("v", "5Gi").set("kept", "spec", "unknown"));
    cluster.put(claim("c", "1Gi").set("1.10", "odd")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.at(V, "spec", "unknown")).isEqualTo("kept");
    assertThat(cluster.at(C, "odd")).isEqualTo("1.10");
  }

  // A volume that the user chose: by volumeName.

  @Test
  void aNamedVolumeThatDoesNotExistIsWaitedFor() {
    cluster.put(claim("c", "1Gi").volumeName("v")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending v");
    assertThat(cluster.events())
        .contains("c Normal FailedBinding: volume \"v\", which this claim names, does not exist");
    cluster.put(volume("v", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void aNamedVolumeIsBoundAgainstTheSelectorAndWithoutTheClaimsMark() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi").volumeName("v").selector("a", "b")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.annotation(C, BY_CONTROLLER)).isEmpty();
    assertThat(cluster.annotation(V, BY_CONTROLLER)).isEqualTo("yes");
  }

  @Test
  void aVolumeReservedByItsOwnWordHasNoMarkEither() {
    cluster.put(volume("v", "1Gi").claimRef("c", ""), claim("c", "1Gi").volumeName("v")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.annotation(V, BY_CONTROLLER)).isEmpty();
    assertThat(cluster.at(V, "spec", "claimRef", "uid")).isEqualTo("uid-of-c");
  }

  @Test
  void aNamedVolumeMustFit() {
    cluster.put(volume("v", "1Gi"));
    cluster.put(claim("small", "2Gi").volumeName("v")).settle();
    cluster.put(claim("class", "1Gi").volumeName("v").classed("x")).settle();
    cluster.put(claim("mode", "1Gi").volumeName("v").block()).settle();
    cluster.put(claim("access", "1Gi").volumeName("v").modes("ReadWriteMany")).settle();
    for (var name : new String[] {"small", "class", "mode", "access"}) {
      assertThat(cluster.claim(name)).as(name).isEqualTo("Pending v");
      assertThat(cluster.events())
          .as(name)
          .anyMatch(event -> event.startsWith(name + " Warning VolumeMismatch: "));
    }
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void aNamedVolumeOfAnotherClaimIsRefused() {
    cluster.put(volume("v", "1Gi"), claim("first", "1Gi")).settle();
    cluster.put(claim("c", "1Gi").volumeName("v")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending v");
    assertThat(cluster.events())
        .contains(
            "c Warning FailedBinding: volume \"v\" already bound to a different claim:"
                + " default/first");
  }

  @Test
  void aVolumeThatTheBinderChoseAndAnotherHasIsReportedAndNothingTouched() {
    cluster.put(volume("v", "1Gi"), claim("first", "1Gi")).settle();
    cluster.put(claim("c", "1Gi").volumeName("v").phase("odd").annotation(BY_CONTROLLER, "yes"));
    var revision = cluster.store.revision();
    cluster.settle();
    assertThat(cluster.store.revision()).isEqualTo(revision);
    assertThat(cluster.events()).anyMatch(event -> event.startsWith("c Warning FailedBinding"));
  }

  @Test
  void aReservationForTheUidIsBoundWithoutChecks() {
    cluster.put(claim("c", "9Gi").volumeName("v"));
    cluster.put(volume("v", "1Gi").claimRef("c", "uid-of-c")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  @Test
  void noClaimIsBoundToADirtyVolumeNotEvenByName() {
    cluster.put(claim("c", "1Gi").volumeName("v"), claim("d", "1Gi").volumeName("w"));
    cluster.put(volume("v", "1Gi").wipe("requested/7", "n", "old").policy("Delete"));
    cluster.put(volume("w", "1Gi").wipe("requested/7", "n", "old").policy("Delete"));
    cluster
        .change(
            Keys.volume("w"),
            tree ->
                tree.withObject("spec")
                    .putObject("claimRef")
                    .put("namespace", "default")
                    .put("name", "d"))
        .settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending v");
    assertThat(cluster.claim("d")).isEqualTo("Pending w");
  }

  // A binding that was completed once.

  @Test
  void aBoundClaimWithoutVolumeNameIsLost() {
    cluster.put(claim("c", "1Gi").annotation(COMPLETED, "yes").phase("Bound")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Lost");
    assertThat(cluster.events())
        .contains(
            "c Warning ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the"
                + " volume is lost!");
  }

  @Test
  void aBoundClaimWhoseVolumeHasGoneIsLostUntilItReturns() {
    var claim = claim("c", "1Gi");
    cluster.put(volume("v", "1Gi"), claim).settle();
    var document = cluster.tree(V);
    cluster.remove(V).settle();
    assertThat(cluster.claim("c")).isEqualTo("Lost v");
    assertThat(cluster.at(C, "status", "capacity")).isEmpty();
    cluster.put(volume("v", "1Gi").boundTo(claim));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(document).isNotNull();
  }

  @Test
  void aBoundClaimWhoseVolumeBelongsToAnotherIsMisbound() {
    cluster.put(volume("v", "1Gi"), claim("first", "1Gi")).settle();
    cluster.put(claim("c", "1Gi").volumeName("v").annotation(COMPLETED, "yes").phase("Bound"));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Lost v");
    assertThat(cluster.volume("v")).isEqualTo("Bound first");
    assertThat(cluster.events()).anyMatch(event -> event.startsWith("c Warning ClaimMisbound"));
  }

  @Test
  void aVolumeThatForgotItsClaimIsBoundAgain() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi")).settle();
    cluster.change(V, tree -> tree.withObject("spec").remove("claimRef")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    assertThat(cluster.at(V, "spec", "claimRef", "uid")).isEqualTo("uid-of-c");
  }

  @Test
  void phasesThatAreWrongAreSetRight() {
    var claim = claim("c", "1Gi");
    var volume = volume("v", "1Gi").boundTo(claim);
    cluster.put(claim.boundTo(volume).phase("Pending"), volume.phase("Available")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
  }

  @Test
  void theCapacityOfABoundClaimIsNotTakenFromALargerVolume() {
    cluster.put(volume("v", "1Gi"), claim("c", "1Gi")).settle();
    cluster
        .change(V, tree -> tree.withObject("spec").withObject("capacity").put("storage", "9Gi"))
        .settle();
    assertThat(cluster.at(C, "status", "capacity", "storage")).isEqualTo("1Gi");
  }

  @Test
  void whatAnotherBinderLeftHalfDoneIsCompleted() {
    // Another binder wrote the volume's side and died.
    var claim = claim("c", "1Gi");
    cluster.put(volume("w", "1Gi"), claim).put(volume("v", "1Gi").boundTo(claim)).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.volume("w")).isEqualTo("Available");
  }

  // Why it waits.

  @Test
  void withoutAClassNothingElseCanBeHopedFor() {
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.events())
        .contains(
            "c Normal FailedBinding: no persistent volumes available for this claim and no storage"
                + " class is set");
  }

  @Test
  void theClassDoesNotExist() {
    cluster.put(claim("c", "1Gi").classed("x")).settle();
    assertThat(cluster.events())
        .anyMatch(
            event ->
                event.startsWith(
                    "c Warning ProvisioningFailed: storageclass.storage.k8s.io \"x\" not found"));
  }

  @Test
  void theClassMakesNoVolumes() {
    cluster.put(storageClass("x", false), claim("c", "1Gi").classed("x")).settle();
    assertThat(cluster.events())
        .contains(
            "c Normal FailedBinding: no volume of class \"x\" fits this claim, and the class makes"
                + " none (kubernetes.io/no-provisioner): create one");
  }

  @Test
  void theProvisionerIsSomebodyElse() {
    cluster.put(storageClass("x", false).set("example.com/disks", "provisioner"));
    cluster.put(claim("c", "1Gi").classed("x")).settle();
    assertThat(cluster.events())
        .contains(
            "c Normal ExternalProvisioning: waiting for a volume to be created, either by external"
                + " provisioner \"example.com/disks\" or manually created by system administrator");
  }

  @Test
  void itsPodHasNoNodeYet() {
    cluster.put(storageClass("local", true), claim("c", "1Gi").classed("local")).settle();
    cluster.forgetEvents().put(pod("p", "c")).settle();
    assertThat(cluster.events())
        .contains("c Normal WaitForPodScheduled: waiting for pod p to be scheduled");
  }

  @Test
  void aNewClassIsTakenNoteOf() {
    cluster.put(claim("c", "1Gi").classed("local")).settle();
    cluster.forgetEvents().put(storageClass("local", true)).settle();
    assertThat(cluster.events()).anyMatch(event -> event.contains("WaitForFirstConsumer"));
  }

  private String classOf(String claim) {
    return cluster.at(Keys.claim("default", claim), "spec", "storageClassName");
  }

  @Test
  void aDefaultClassThatComesLateIsGivenToTheClaimsThatNameNone() {
    cluster.put(
        storageClass("late", false),
        volume("l", "1Gi").classed("late"),
        claim("c", "1Gi"),
        claim("none", "1Gi").classed(""),
        claim("named", "1Gi").volumeName("absent"),
        claim("old", "1Gi").annotation("volume.beta.kubernetes.io/storage-class", ""));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    cluster.put(
        storageClass("late", false)
            .annotation("storageclass.kubernetes.io/is-default-class", "true"));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound l");
    assertThat(classOf("c")).isEqualTo("late");
    for (var other : new String[] {"none", "named", "old"}) {
      assertThat(classOf(other)).as(other).isEmpty();
      assertThat(cluster.claim(other)).as(other).startsWith("Pending");
    }
  }

  @Test
  void aVolumeWithoutAClassIsBeforeTheDefaultClass() {
    cluster.put(
        storageClass("usual", false)
            .annotation("storageclass.kubernetes.io/is-default-class", "true"),
        volume("plain", "1Gi").phase("Available"),
        volume("u", "1Gi").classed("usual").phase("Available"));
    cluster.put(claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound plain");
    cluster.put(claim("d", "1Gi")).settle();
    assertThat(cluster.claim("d")).isEqualTo("Bound u");
  }

  @Test
  void whileAVolumeIsReservedForItAClaimDoesNotTakeTheDefaultClass() {
    cluster.put(
        volume("mine", "1Gi")
            .on("n1")
            .claimRef("c", "")
            .policy("Delete")
            .annotation(WipeProtocol.WIPE, "wiping/1"),
        claim("c", "1Gi"));
    cluster.put(
        storageClass("usual", false)
            .annotation("storageclass.kubernetes.io/is-default-class", "true"),
        volume("u", "1Gi").classed("usual"));
    cluster.settle();
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(classOf("c")).isEmpty();
    cluster.remove(Keys.volume("mine")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound u");
  }
}
