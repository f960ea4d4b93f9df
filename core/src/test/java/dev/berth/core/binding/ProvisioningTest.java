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
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.Scope;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes that nodes make when claims ask for them; the test is the nodes. */
class ProvisioningTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest type(String name, boolean delayed) {
    var type = storageClass(name, delayed).set("loop.berth.dev", "provisioner");
    return type.set("Delete", "reclaimPolicy");
  }

  private TestCluster world(boolean delayed) {
    return cluster.put(type("loop", delayed), node("n1"), node("n2"));
  }

  private static Manifest looped(String name) {
    return claim(name, "1Gi").classed("loop");
  }

  /** The volumes that are there. */
  private List<String> volumes() {
    return cluster.store.list(Scope.of("persistentvolumes"), 0, null, 0).objects().stream()
        .map(volume -> volume.key().name())
        .toList();
  }

  private String only() {
    assertThat(volumes()).hasSize(1);
    return volumes().getFirst();
  }

  private String state(String volume) {
    return cluster.annotation(Keys.volume(volume), ProvisionProtocol.PROVISION).split("/", 2)[0];
  }

  private String nodeOf(String volume) {
    return cluster.annotation(Keys.volume(volume), ProvisionProtocol.NODE);
  }

  /** The node of a volume answers. */
  private void answer(String volume, String word, String message) {
    if (!message.isEmpty()) {
      cluster.change(
          Keys.volume(volume), tree -> tree.withObject("status").put("message", message));
    }
    cluster.answer(volume, word).settle();
  }

  @Test
  void aDelayedClaimGetsAVolumeWhereItsPodFits() {
    world(true).put(looped("c")).settle();
    assertThat(volumes()).isEmpty();
    cluster.put(pod("p", "c").spec("{'nodeSelector': {'kubernetes.io/hostname': 'n2'}}")).settle();
    var made = only();
    assertThat(state(made)).isEqualTo("requested");
    assertThat(nodeOf(made)).isEqualTo("n2");
    assertThat(cluster.annotation(Keys.claim("default", "c"), PersistentVolumeClaim.SELECTED_NODE))
        .isEqualTo("n2");
    assertThat(cluster.claim("c")).isEqualTo("Pending");
    assertThat(cluster.nodeOf("p")).isEmpty();
    assertThat(cluster.whyUnscheduled("p"))
        .isEqualTo("0/2 nodes are available: waiting for node n2 to make the volume of claim c");
    answer(made, "made", "");
    assertThat(cluster.claim("c")).isEqualTo("Bound " + made);
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void anImmediateClaimGetsOneAtOnceAndOnlyWhereItsClassAllows() {
    var type = type("loop", false);
    type.tree()
        .putArray("allowedTopologies")
        .addObject()
        .putArray("matchLabelExpressions")
        .addObject()
        .put("key", "rack")
        .putArray("values")
        .add("b");
    cluster.put(type, node("n1").label("rack", "a"), node("n2").label("rack", "b"), looped("c"));
    cluster.settle();
    assertThat(nodeOf(only())).isEqualTo("n2");
    answer(only(), "made", "");
    assertThat(cluster.claim("c")).startsWith("Bound ");
  }

  @Test
  void aVolumeThatIsThereIsTakenBeforeOneIsMade() {
    world(true).put(volume("v", "5Gi").classed("loop").on("n2")).settle();
    cluster.put(looped("c"), pod("p", "c")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(volumes()).containsExactly("v");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherNodeIsAskedWhenOneCannotAndTheFirstAgainLater(boolean delayed) {
    world(delayed).put(looped("c"), pod("p", "c")).settle();
    var first = nodeOf(only());
    answer(only(), "failed", "the pool is full");
    cluster.pass(Duration.ofSeconds(5));
    var second = nodeOf(only());
    assertThat(second).isNotEqualTo(first);
    assertThat(cluster.events())
        .contains(
            "c Warning ProvisioningFailed: node %s could not make a volume of 1Gi: the pool is full"
                .formatted(first));
    answer(only(), "failed", "so is this one");
    assertThat(volumes()).isEmpty();
    cluster.pass(Duration.ofMinutes(2));
    answer(only(), "made", "");
    cluster.pass(Duration.ofMinutes(1));
    assertThat(cluster.claim("c")).startsWith("Bound ");
    assertThat(cluster.nodeOf("p")).isNotEmpty();
  }

  @Test
  void itsNodeRemovesTheStorageBeforeTheVolumeGoes() {
    world(false).put(looped("c")).settle();
    var made = only();
    answer(made, "made", "");
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(cluster.volume(made)).isEqualTo("Released c");
    assertThat(state(made)).isEqualTo("removal");
    answer(made, "removed", "");
    assertThat(volumes()).isEmpty();
  }

  @Test
  void aRemovalThatSomebodyWroteByHandTakesNothingFromAClaim() {
    world(true).put(looped("c"), pod("p", "c")).settle();
    answer(only(), "made", "");
    var volume = only();
    answer(volume, "removal", "");
    assertThat(cluster.claim("c")).isEqualTo("Bound " + volume);
    var now = Json.view(cluster.tree(Keys.volume(volume)), PersistentVolume.class);
    assertThat(now.phase()).isEqualTo("Bound");
    assertThat(ProvisionProtocol.isRemovalRequestedOf(now, nodeOf(volume))).isFalse();
  }

  @Test
  void aClaimThatGoesBeforeItsVolumeIsMadeLeavesNothing() {
    world(false).put(looped("c")).settle();
    var made = only();
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(state(made)).isEqualTo("cancel");
    answer(made, "removed", "");
    assertThat(volumes()).isEmpty();
  }

  @Test
  void anImmediateClaimWaitsForANodeThatTakesRequests() {
    cluster.put(type("loop", false), looped("c")).settle();
    assertThat(volumes()).isEmpty();
    cluster.put(node("n1").spec("{'unschedulable': true}")).settle();
    assertThat(volumes()).isEmpty();
    cluster.put(node("n1")).settle();
    assertThat(nodeOf(only())).isEqualTo("n1");
  }

  @Test
  void aVolumeOnItsWayOutIsNeverFreeWhateverItsAdministratorSays() {
    world(false).put(looped("c")).settle();
    var made = only();
    answer(made, "made", "");
    cluster.delete(Keys.claim("default", "c")).settle();
    cluster.change(Keys.volume(made), tree -> tree.withObject("spec").remove("claimRef"));
    cluster.put(looped("other").uid("other")).settle();
    assertThat(cluster.volume(made)).isEqualTo("Released");
    cluster.change(
        Keys.volume(made),
        tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", "Retain"));
    answer(made, "removed", "");
    assertThat(cluster.exists(Keys.volume(made))).isFalse();
    assertThat(cluster.claim("other")).isEqualTo("Pending");
    assertThat(nodeOf(only())).isEqualTo("n1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aVolumeThatIsDeletedBeforeItsClaimHasItIsRemovedAndAnotherMade(boolean delayed) {
    world(delayed).put(looped("c"), pod("p", "c")).settle();
    var first = only();
    cluster.delete(Keys.volume(first)).settle();
    assertThat(state(first)).isEqualTo("cancel");
    assertThat(volumes()).as("one at a time").containsExactly(first);
    answer(first, "removed", "");
    cluster.pass(Duration.ofMinutes(2));
    answer(only(), "made", "");
    cluster.pass(Duration.ofMinutes(1));
    assertThat(cluster.claim("c")).isEqualTo("Bound " + only());
    assertThat(cluster.nodeOf("p")).isNotEmpty();
  }

  @Test
  void itsAdministratorKeepsTheStorageUntilTheObjectIsGone() {
    world(false).put(looped("c")).settle();
    var made = only();
    answer(made, "made", "");
    cluster.change(
        Keys.volume(made),
        tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", "Retain"));
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(state(made)).isEqualTo("made");
    cluster.delete(Keys.volume(made)).settle();
    assertThat(volumes()).isEmpty();
  }

  private void policy(String volume, String policy) {
    cluster
        .change(
            Keys.volume(volume),
            tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", policy))
        .settle();
  }

  @Test
  void retainKeepsTheStorageWhoseRemovalHasNotBegun() {
    world(false).put(looped("c")).settle();
    var made = only();
    answer(made, "made", "");
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(state(made)).isEqualTo("removal");
    policy(made, "Retain");
    assertThat(state(made)).isEqualTo("made");
    assertThat(cluster.volume(made)).isEqualTo("Released c");
    assertThat(cluster.events())
        .anySatisfy(event -> assertThat(event).startsWith(made + " Normal VolumeKept: "));
    policy(made, "Delete");
    assertThat(state(made)).isEqualTo("removal");
  }

  @Test
  void retainComesTooLateForARemovalThatHasBegun() {
    world(false).put(looped("c")).settle();
    var made = only();
    answer(made, "made", "");
    cluster.delete(Keys.claim("default", "c")).settle();
    answer(made, "removing", "");
    policy(made, "Retain");
    assertThat(state(made)).isEqualTo("removing");
    assertThat(cluster.events())
        .anySatisfy(event -> assertThat(event).startsWith(made + " Warning VolumeNotKept: "));
    answer(made, "removed", "");
    assertThat(volumes()).isEmpty();
  }

  @Test
  void whatWasNeverMadeIsKeptForNobody() {
    world(false).put(looped("c")).settle();
    var asked = only();
    policy(asked, "Retain");
    cluster.delete(Keys.claim("default", "c")).settle();
    assertThat(state(asked)).isEqualTo("cancel");
    answer(asked, "removed", "");
    assertThat(volumes()).isEmpty();
  }

  @Test
  void claimsThatAreApartAreMadeApart() {
    world(true);
    for (var i = 1; i <= 2; i++) {
      cluster.put(
          looped("c" + i).annotation(PersistentVolumeClaim.VOLUME_SPREAD, "db"),
          pod("p" + i, "c" + i));
    }
    cluster.settle();
    assertThat(volumes().stream().map(this::nodeOf)).containsExactlyInAnyOrder("n1", "n2");
  }
}
